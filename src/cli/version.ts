import { createRequire } from 'node:module';

/** The version of this package, by its own name: wherever a bundler has put this code, it is inside of the package. */
export async function readVersion(): Promise<string> {
  const packageJson: unknown = createRequire(import.meta.url)('@looopy-ai/aws/package.json');
  return String(Reflect.get(Object(packageJson), 'version'));
}
