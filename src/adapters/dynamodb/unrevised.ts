import type { AttributeValue } from './attribute-value.js';

/** Earlier releases wrote no revision. What stands for one starts with this character, and no revision of ours does. */
const marker = '~';

/** What stands for the revision of an item without one: its `updatedAt`, which every write changes. */
export function toUnrevised(updatedAt: unknown): string {
  return `${marker}${JSON.stringify(updatedAt) ?? ''}`;
}

export function isUnrevised(revision: string): boolean {
  return revision.startsWith(marker);
}

/** The `updatedAt` such an item must still have, or `undefined` if it had none. */
export function updatedAtOfUnrevised(revision: string): AttributeValue | undefined {
  const text = revision.slice(marker.length);
  return text === '' ? undefined : JSON.parse(text);
}
