import { hash } from '../hash.js';
import { fillFromKernel } from '../kernel-random.js';

export interface RevisionParts {
  /** The revision that is replaced, or '' for a new record. */
  readonly previous: string;
  readonly text: string | Uint8Array;
  /** Milliseconds. */
  readonly now: number;
}

const random = Buffer.alloc(16);

/** Up to so many characters, it takes less time to copy a text than to hash it by itself, and nobody needs it as bytes. */
export const shortText = 4_096;

/**
 * A revision that no other write has, 22 characters of base64url.
 *
 * It is a hash over all of the write and over random bytes from the kernel. The random numbers of `crypto` are not enough: they
 * repeat in processes that are restored from one snapshot, and two of those must not give one revision to two writes.
 */
export function createRevision({ previous, text, now }: RevisionParts): string {
  const start = `${previous}\n${now}\n${fillFromKernel(random).toString('base64url')}\n`;
  return hash(start + (typeof text === 'string' && text.length <= shortText ? text : hash(text)));
}

/** Tells the revisions of this copy of the package from those of another one in the same process. */
const copy = Math.random().toString(36).slice(2, 6).padEnd(4, '0');
let writes = 0;

/** A revision that no other write of this process has, 12 characters. */
export function createLocalRevision(): string {
  return `${copy}${(++writes).toString(36).padStart(8, '0')}`;
}

/** The first 72 bits of a revision are enough to tell it from others. */
const fingerprintLength = 12;
const maxLineage = 8;

/**
 * The lineage of a record that takes the place of another one: the fingerprints of the revisions that it went through, the
 * newest first, in one text. A revision that another program made has no fingerprint, and ends the lineage.
 */
export function extendLineage(lineage: string, revision: string): string {
  const fingerprint = toFingerprint(revision);
  return fingerprint === null ? '' : `${fingerprint}${lineage}`.slice(0, fingerprintLength * maxLineage);
}

/** True if a record of that lineage once had the revision. */
export function hasDescended(lineage: string, revision: string): boolean {
  const fingerprint = toFingerprint(revision);
  for (let start = 0; fingerprint !== null && start < lineage.length; start += fingerprintLength) {
    if (lineage.startsWith(fingerprint, start)) return true;
  }
  return false;
}

function toFingerprint(revision: string): string | null {
  return /^[\w-]{12,}$/.test(revision) ? revision.slice(0, fingerprintLength) : null;
}
