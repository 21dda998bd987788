import { currentCallMeter } from '../../domain/call-meter.js';
import type { RecordKey } from '../../domain/key-schema.js';
import { type KeyListOptions, type KeyPage, type RecordIndex, toKeyPage } from '../../domain/record-index.js';
import type {
  Expectation,
  NewRecord,
  RecordStore,
  StoredRecord,
  WriteResult,
} from '../../domain/record-store.js';
import type { RedisConnection } from './connection.js';
import { toAgentStoreError } from './errors.js';
import { toRedisKey } from './redis-key.js';
import { scanKeys } from './scan-keys.js';
import { fromValue, toTimeToLive, toValue } from './stored-value.js';
import { runWriteScript, type ValueWrite } from './write-script.js';

/** Records as strings, each under a key of its own. */
export class RedisRecordStore implements RecordStore, RecordIndex {
  readonly keepsText = true;
  #lastKey: RecordKey = { partition: '', sort: '' };
  #lastRedisKey = toRedisKey(this.#lastKey);

  constructor(
    private readonly connection: RedisConnection,
    private readonly compresses: boolean,
  ) {}

  get(key: RecordKey): Promise<StoredRecord | null> {
    const redisKey = this.#toRedisKey(key);
    return this.connection.request(redisKey, (client) => client.getBuffer(redisKey).then(toStoredRecord));
  }

  put(key: RecordKey, record: NewRecord, expected: Expectation | null): Promise<WriteResult> {
    const write = (value: string | Uint8Array) => {
      currentCallMeter()?.add({ bytes: Buffer.byteLength(value) });
      return this.#write(key, expected, { value, timeToLive: toTimeToLive(record) });
    };
    const value = toValue(record, this.compresses);
    return value instanceof Promise ? value.then(write) : write(value);
  }

  async delete(key: RecordKey, expected: Expectation | null): Promise<WriteResult> {
    if (expected !== null) return this.#write(key, expected, { value: '' });
    const redisKey = this.#toRedisKey(key);
    await this.connection.request(redisKey, (client) => client.del(redisKey));
    return { written: true };
  }

  /** Each page takes a scan of its own: a scan has no order, so only whoever has seen all keys knows which are the next ones. */
  async keys(partition: string, { prefix, after = '', limit }: KeyListOptions): Promise<KeyPage> {
    try {
      const found = await this.connection.list((client) => scanKeys(client, partition, prefix));
      return toKeyPage(found, after, limit);
    } catch (error) {
      throw toAgentStoreError(error, partition);
    }
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  #write(key: RecordKey, expected: Expectation | null, write: ValueWrite): Promise<WriteResult> {
    const redisKey = this.#toRedisKey(key);
    return this.connection.request(redisKey, (client) => runWriteScript(client, redisKey, write, expected));
  }

  /** Most calls are about the record of the one before. */
  #toRedisKey(key: RecordKey): string {
    const { partition, sort } = key;
    if (partition !== this.#lastKey.partition || sort !== this.#lastKey.sort) {
      this.#lastKey = { partition, sort };
      this.#lastRedisKey = toRedisKey(key);
    }
    return this.#lastRedisKey;
  }
}

function toStoredRecord(value: Uint8Array | null): StoredRecord | null {
  currentCallMeter()?.add({ bytes: value?.byteLength ?? 0 });
  return value === null ? null : fromValue(value);
}
