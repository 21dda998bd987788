import type { RecordKey } from '../../domain/key-schema.js';

/**
 * The Redis key of a record: both parts as they are, with a colon between them, but for the colons in them, and for
 * braces, which would put all keys with the same text between them into one slot of a Cluster.
 */
export function toRedisKey({ partition, sort }: RecordKey): string {
  return `${escapePart(partition)}:${escapePart(sort)}`;
}

function escapePart(part: string): string {
  return part.replace(/[%:{}]/g, (character) => encodeURIComponent(character));
}
