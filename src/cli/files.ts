import type { AgentStoreError } from '../domain/errors.js';
import { wrongUsage } from './failures.js';

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'is there already. Name another one, or remove it',
  ENOENT: 'does not exist, or its folder does not',
  EISDIR: 'is a folder',
  EACCES: 'may not be used by you',
};

/** The error for a file that cannot be read or written. */
export function explainFile(file: string, cause: unknown): AgentStoreError {
  const code = String(Reflect.get(Object(cause), 'code'));
  return wrongUsage(`The file ${file} ${reasons[code] ?? `cannot be used: ${code}`}.`, cause);
}
