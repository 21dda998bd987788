import { isSameValue } from '../domain/values/same-value.js';

type Metadata = Readonly<Record<string, unknown>> | undefined;

/** The metadata that are stored now, with what a turn has changed in those that it began with. The rest stays as others have left it. */
export function mergeMetadata(stored: Metadata, before: Metadata = {}, after: Metadata = {}): Metadata {
  const merged = new Map(Object.entries(stored ?? {}));
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (Object.hasOwn(before, key) && Object.hasOwn(after, key) && isSameValue(before[key], after[key]))
      continue;
    if (Object.hasOwn(after, key)) merged.set(key, after[key]);
    else merged.delete(key);
  }
  return merged.size === 0 && stored === undefined ? undefined : Object.fromEntries(merged);
}
