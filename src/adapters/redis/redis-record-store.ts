import { currentCallMeter } from '../../domain/call-meter.js';
import { isAgentStoreError } from '../../domain/errors.js';
import type { RecordKey } from '../../domain/key-schema.js';
import { type KeyListOptions, type KeyPage, type RecordIndex, toKeyPage } from '../../domain/record-index.js';
import type {
  Expectation,
  NewRecord,
  RecordStore,
  StoredRecord,
  WriteResult,
} from '../../domain/record-store.js';
import type { RedisCommands, RedisConnection } from './connection.js';
import { toAgentStoreError } from './errors.js';
import { toRedisKey } from './redis-key.js';
import { scanKeys } from './scan-keys.js';
import { fromValue, toTimeToLive, toValue } from './stored-value.js';
import { runWriteScript, type ValueWrite } from './write-script.js';

/** Records as strings, each under a key of its own. */
export class RedisRecordStore implements RecordStore, RecordIndex {
  readonly keepsText = true;

  constructor(
    private readonly connection: RedisConnection,
    private readonly compresses: boolean,
  ) {}

  async get(key: RecordKey): Promise<StoredRecord | null> {
    const value = await this.#send(key, (client, redisKey) => client.getBuffer(redisKey));
    currentCallMeter()?.add({ bytes: value?.byteLength ?? 0 });
    return value === null ? null : fromValue(value);
  }

  async put(key: RecordKey, record: NewRecord, expected: Expectation | null): Promise<WriteResult> {
    const value = await toValue(record, this.compresses);
    currentCallMeter()?.add({ bytes: Buffer.byteLength(value) });
    return this.#write(key, expected, { value, timeToLive: toTimeToLive(record) });
  }

  async delete(key: RecordKey, expected: Expectation | null): Promise<WriteResult> {
    if (expected !== null) return this.#write(key, expected, { value: '' });
    await this.#send(key, (client, redisKey) => client.del(redisKey));
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

  async #write(key: RecordKey, expected: Expectation | null, write: ValueWrite): Promise<WriteResult> {
    try {
      return await this.#send(key, (client, redisKey) => runWriteScript(client, redisKey, write, expected));
    } catch (error) {
      // Something else uses the key. The load that must follow says what is wrong.
      if (expected === null || !isAgentStoreError(error, 'CORRUPTED')) throw error;
      return { written: false, cause: error.cause };
    }
  }

  async #send<T>(
    key: RecordKey,
    command: (client: RedisCommands, redisKey: string) => Promise<T>,
  ): Promise<T> {
    const redisKey = toRedisKey(key);
    try {
      return await this.connection.request((client) => command(client, redisKey));
    } catch (error) {
      throw toAgentStoreError(error, redisKey);
    }
  }
}
