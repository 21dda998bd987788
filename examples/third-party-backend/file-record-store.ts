/**
 * A backend of one's own, whole: a folder that is there, with a file for each record, for one process at a time.
 * `createAgentStore(new FileRecordStore(folder), { agentId })` makes a store of it, with every promise of the contract.
 */
import { createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordKey, RecordStore, StoredRecord, WriteResult } from '../../src/stores.js';
import { type Expectation, fromStateText, isExpectationMet } from '../../src/stores.js';

export class FileRecordStore implements RecordStore {
  /** The last step of each file, which the next one waits for. */
  readonly #steps = new Map<string, Promise<unknown>>();

  constructor(private readonly folder: string) {}

  get(key: RecordKey): Promise<StoredRecord | null> {
    return readFile(this.#path(key), 'utf8').then(parse, (error) =>
      error.code === 'ENOENT' ? null : Promise.reject(error),
    );
  }

  put: RecordStore['put'] = (key, { revision, expiresAt, token, lineage, text }, expected) =>
    this.#inTurn(key, expected, async (path) => {
      const data = typeof text === 'string' ? { text } : { base64: Buffer.from(text).toString('base64') };
      // Whoever reads now, or starts after a crash, finds the old file or the new one.
      await writeFile(`${path}.new`, JSON.stringify({ revision, expiresAt, token, lineage, ...data }), {
        flush: true,
      });
      await rename(`${path}.new`, path);
    });

  delete: RecordStore['delete'] = (key, expected) =>
    this.#inTurn(key, expected, (path) => rm(path, { force: true }));

  /** A name for any key: a file's has not all its characters, nor its length. */
  #path({ partition, sort }: RecordKey): string {
    const hash = createHash('sha256').update(JSON.stringify([partition, sort]));
    return join(this.folder, hash.digest('hex'));
  }

  async #inTurn(key: RecordKey, expected: Expectation | null, step: (path: string) => Promise<void>) {
    const path = this.#path(key);
    const result = Promise.resolve(this.#steps.get(path)).then(async (): Promise<WriteResult> => {
      const current = (await this.get(key)) ?? undefined;
      if (expected && !isExpectationMet(expected, current ?? null)) return { written: false, current };
      await step(path);
      return { written: true };
    });
    const done = result.catch(() => {});
    this.#steps.set(path, done);
    await done;
    if (this.#steps.get(path) === done) this.#steps.delete(path);
    return result;
  }
}

/** What a file holds; one that cannot be read has a revision that nobody has seen, so that nothing replaces it. */
function parse(content: string): StoredRecord {
  try {
    const { text, base64, ...stored } = JSON.parse(content);
    const data = base64 === undefined ? text : new Uint8Array(Buffer.from(base64, 'base64'));
    return { ...stored, read: (maxBytes: number) => fromStateText(data, maxBytes) };
  } catch {
    return { revision: '', read: () => Promise.reject(new SyntaxError('The file is not JSON.')) };
  }
}
