import type { RecordKey } from '../../domain/key-schema.js';

/**
 * The Redis key of a record: both parts with a colon between them. Colons inside a part are escaped, so that no two records share
 * a key; and braces are, since a Cluster puts all keys with the same text in braces into one slot.
 */
export function toRedisKey({ partition, sort }: RecordKey): string {
  return `${toRedisPrefix(partition)}${escapePart(sort)}`;
}

/** What stands before the sort keys of one partition. */
export function toRedisPrefix(partition: string): string {
  return `${escapePart(partition)}:`;
}

/** The sort key in what stands behind that. */
export function fromRedisSort(escaped: string): string {
  return escaped.replace(/%(?:25|3A|7B|7D)/g, decodeURIComponent);
}

export function escapePart(part: string): string {
  return part.replace(/[%:{}]/g, (character) => encodeURIComponent(character));
}
