import type { RecordKey } from '../../domain/key-schema.js';

/**
 * The Redis key of a record: both parts with a colon between them. Colons inside a part are escaped, so that no two records share
 * a key; and braces are, since a Cluster puts all keys with the same text in braces into one slot.
 */
export function toRedisKey({ partition, sort }: RecordKey): string {
  return `${escapePart(partition)}:${escapePart(sort)}`;
}

function escapePart(part: string): string {
  return part.replace(/[%:{}]/g, (character) => encodeURIComponent(character));
}
