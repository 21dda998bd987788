export interface RevisionParts {
  /** The revision that is replaced, or '' for a new record. */
  readonly previous: string;
  readonly text: string | Uint8Array;
  /** Milliseconds. */
  readonly now: number;
}

/** Loaded by the first write that needs it: what is kept in memory never does. */
let crypto: Promise<typeof import('node:crypto')> | undefined;

/**
 * A revision that no other write has, 22 characters of base64url.
 *
 * A hash over everything the write is, not random bytes alone: a process restored from a snapshot repeats its
 * random numbers, and two copies must not give one revision to two different states.
 */
export async function createRevision({ previous, text, now }: RevisionParts): Promise<string> {
  crypto ??= import('node:crypto');
  const { createHash, randomUUID } = await crypto;
  const hash = createHash('sha256').update(`${previous}\n${now}\n${randomUUID()}\n`).update(text);
  // Not a slice of a longer text, which would stay in memory whole for as long as the revision is remembered.
  return hash.digest().toString('base64url', 0, 16);
}

/** Tells the revisions of this copy of the package from those of another one in the same process. */
const copy = Math.random().toString(36).slice(2);
let writes = 0;

/** A revision that no other write of this process has. */
export function createLocalRevision(): string {
  return `${copy}-${++writes}`;
}
