/**
 * A backend of one's own, whole: a folder that is there, with a file for each record, for one process at a time.
 * `createAgentStore(new FileRecordStore(folder), { agentId })` makes a store of it, with every promise of the contract.
 */
import { createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordKey, RecordStore, StoredRecord } from '../../src/index.js';
import { type Expectation, fromStateText, type NewRecord, type PutResult } from '../../src/index.js';

export class FileRecordStore implements RecordStore {
  /** The last step of each file, which the next one waits for. */
  readonly #steps = new Map<string, Promise<unknown>>();

  constructor(private readonly folder: string) {}

  get(key: RecordKey): Promise<StoredRecord | null> {
    return readFile(this.#path(key), 'utf8').then(parse, (error) =>
      error.code === 'ENOENT' ? null : Promise.reject(error),
    );
  }

  put(key: RecordKey, record: NewRecord, expected: Expectation | null): Promise<PutResult> {
    return this.#inTurn(this.#path(key), async (path): Promise<PutResult> => {
      const current = (await this.get(key)) ?? undefined;
      if (expected !== null && !isMet(expected, current)) return { written: false, current };
      const { revision, expiresAt, text } = record;
      const state = typeof text === 'string' ? { text } : { base64: Buffer.from(text).toString('base64') };
      // Whoever reads now, or starts after a crash, finds the old file or the new one.
      await writeFile(`${path}.new`, JSON.stringify({ revision, expiresAt, ...state }), { flush: true });
      await rename(`${path}.new`, path);
      return { written: true };
    });
  }

  delete(key: RecordKey): Promise<void> {
    return this.#inTurn(this.#path(key), (path) => rm(path, { force: true }));
  }

  /** A name for any key: a file's has not all its characters, nor its length. */
  #path({ partition, sort }: RecordKey): string {
    const hash = createHash('sha256').update(JSON.stringify([partition, sort]));
    return join(this.folder, hash.digest('hex'));
  }

  async #inTurn<T>(path: string, step: (path: string) => Promise<T>): Promise<T> {
    const result = Promise.resolve(this.#steps.get(path)).then(() => step(path));
    const done = result.catch(() => {});
    this.#steps.set(path, done);
    await done;
    if (this.#steps.get(path) === done) this.#steps.delete(path);
    return result;
  }
}

function isMet({ absent, revisions, now }: Expectation, current: StoredRecord | undefined): boolean {
  if (current === undefined || (current.expiresAt ?? Number.POSITIVE_INFINITY) * 1000 <= now) return absent;
  return revisions.includes(current.revision);
}

/** What a file holds; one that cannot be read has a revision that nobody has seen, so that nothing replaces it. */
function parse(content: string): StoredRecord {
  try {
    const { revision, expiresAt, text, base64 } = JSON.parse(content);
    const state = base64 === undefined ? text : new Uint8Array(Buffer.from(base64, 'base64'));
    return { revision, expiresAt, read: () => fromStateText(state) };
  } catch {
    return { revision: '', read: () => Promise.reject(new SyntaxError('The file is not JSON.')) };
  }
}
