import { createHash, randomBytes } from 'node:crypto';

export interface RevisionParts {
  /** The revision that is replaced, or '' for a new record. */
  readonly previous: string;
  readonly text: string | Uint8Array;
  /** Milliseconds. */
  readonly now: number;
}

/**
 * A revision that no other write has, 22 characters of base64url.
 *
 * A hash over everything the write is, not random bytes alone: a process restored from a snapshot repeats its
 * random numbers, and two copies must not give one revision to two different states.
 */
export function createRevision({ previous, text, now }: RevisionParts): string {
  return createHash('sha256')
    .update(`${previous}\n${now}\n`)
    .update(randomBytes(16))
    .update(text)
    .digest('base64url')
    .slice(0, 22);
}
