import { createRequire } from 'node:module';
import { isRecord } from '../domain/values/objects.js';

/** The version of this package, by its own name: wherever a bundler has put this code, it is inside of the package. */
export async function readVersion(): Promise<string> {
  const packageJson: unknown = createRequire(import.meta.url)('@looopy-ai/aws/package.json');
  return isRecord(packageJson) ? String(packageJson.version) : '';
}
