import type { AttributeValue } from './attribute-value.js';

/** Starts what stands for the revision of an item of an earlier release, which has none. No revision of ours does. */
const marker = '~';

/** What stands for the revision of an item without one: its `updatedAt`, which every write changes. */
export function toUnrevised(updatedAt: unknown): string {
  return `${marker}${JSON.stringify(updatedAt) ?? ''}`;
}

export function isUnrevised(revision: string): boolean {
  return revision.startsWith(marker);
}

/** The `updatedAt` such an item must still have, or `undefined` where it had none. */
export function updatedAtOfUnrevised(revision: string): AttributeValue | undefined {
  const text = revision.slice(marker.length);
  return text === '' ? undefined : JSON.parse(text);
}
