import { isAgentStoreError } from '../../domain/errors.js';
import type { RecordKey } from '../../domain/key-schema.js';
import type {
  Expectation,
  NewRecord,
  PutResult,
  RecordStore,
  StoredRecord,
} from '../../domain/record-store.js';
import type { Compression } from '../gzip/state-bytes.js';
import { toAgentStoreError } from './backend-errors.js';
import type { RedisCommands, RedisConnection } from './redis-client.js';
import { toRedisKey } from './redis-key.js';
import { runSaveScript } from './save-script.js';
import { fromValue, toValue } from './stored-value.js';

/** Records as strings, each under a key of its own. */
export class RedisRecordStore implements RecordStore {
  readonly #connection: RedisConnection;
  readonly #compression: Compression;

  constructor(connection: RedisConnection, compression: Compression) {
    this.#connection = connection;
    this.#compression = compression;
  }

  async get(key: RecordKey): Promise<StoredRecord | null> {
    const value = await this.#send(key, (client, redisKey) => client.getBuffer(redisKey));
    return value === null ? null : fromValue(value);
  }

  async put(key: RecordKey, record: NewRecord, expected: Expectation | null): Promise<PutResult> {
    const value = await toValue(record, this.#compression);
    try {
      return await this.#send(key, (client, redisKey) =>
        runSaveScript(client, redisKey, value, record, expected),
      );
    } catch (error) {
      // Somebody else's key: the load that must follow says what is wrong with it.
      if (expected === null || !isAgentStoreError(error, 'CORRUPTED')) throw error;
      return { written: false, cause: error.cause };
    }
  }

  async delete(key: RecordKey): Promise<void> {
    await this.#send(key, (client, redisKey) => client.del(redisKey));
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #send<T>(
    key: RecordKey,
    command: (client: RedisCommands, redisKey: string) => Promise<T>,
  ): Promise<T> {
    const redisKey = toRedisKey(key);
    try {
      return await this.#connection.request((client) => command(client, redisKey));
    } catch (error) {
      throw toAgentStoreError(error, redisKey);
    }
  }
}
