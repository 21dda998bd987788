import { isRecord } from '../../domain/object-kinds.js';

/** The object or list that a value is in, and the key that it is under. A list's keys are its indexes. */
export interface Place {
  readonly holder: Record<string | number, unknown>;
  readonly key: string | number;
}

/** @throws RangeError where there is no such place. */
export function findHolder(root: unknown, path: readonly (string | number)[]): Place {
  let holder = root;
  for (const step of path.slice(0, -1)) {
    holder = isHolder(holder) && Object.hasOwn(holder, step) ? holder[step] : undefined;
  }
  const key = path.at(-1);
  if (isHolder(holder) && key !== undefined) return { holder, key };
  throw new RangeError('A note beside the state is about a place that is not there.');
}

function isHolder(value: unknown): value is Record<string | number, unknown> {
  return Array.isArray(value) || isRecord(value);
}
