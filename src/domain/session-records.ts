import { type AgentState, findInvalidField, isAgentState } from './agent-state.js';
import type { AgentStoreSettings } from './agent-store-options.js';
import { AgentStoreError } from './errors.js';
import { checkContextId, checkKey } from './key-check.js';
import type { RecordKey, StateIds } from './key-schema.js';
import { isRecord } from './object-kinds.js';
import type { Expectation, NewRecord, PutResult, RecordStore, StoredRecord } from './record-store.js';
import { createRevision } from './revision.js';
import type { ValueBeyondJson } from './state-serializer.js';
import { toStateText } from './state-text.js';

/** One session, and where its record is kept. */
export interface Session {
  readonly ids: StateIds;
  readonly key: RecordKey;
}

/** A state as it was when it was to be saved. */
export interface StateCopy {
  readonly state: AgentState;
  readonly beyondJson: readonly ValueBeyondJson[];
}

/** What is stored of a session; both are `null` where nothing is, or where it has expired. */
export interface StoredSession {
  readonly revision: string | null;
  readonly state: AgentState | null;
}

/** States in and out of records: keys, serialization, revisions and expiry, and nothing remembered between calls. */
export class SessionRecords {
  readonly #settings: AgentStoreSettings;
  readonly #records: RecordStore;

  constructor(settings: AgentStoreSettings, records: RecordStore) {
    this.#settings = settings;
    this.#records = records;
  }

  /** @throws AgentStoreError `INVALID_KEY` where the backend cannot keep the id. */
  locate(contextId: string): Session {
    const ids = { agentId: this.#settings.agentId, contextId };
    checkContextId(contextId);
    const key = this.#settings.keySchema.key(ids);
    checkKey(key, this.#records.keyLimits);
    return { ids, key };
  }

  async read(session: Session): Promise<StoredSession> {
    return this.decode(session, await this.#records.get(session.key));
  }

  /** @throws AgentStoreError `CORRUPTED` where the record cannot be read. */
  async decode({ ids, key }: Session, record: StoredRecord | null): Promise<StoredSession> {
    if (record === null || this.#isExpired(record)) return { revision: null, state: null };
    try {
      const state: unknown = await this.#settings.serializer.deserialize(await record.read(), ids);
      if (!isRecord(state)) throw new TypeError('The stored state is not an object.');
      if (isAgentState(state)) return { revision: record.revision, state };
      throw new TypeError(`The field "${findInvalidField(state)}" is missing or of another type.`);
    } catch (cause) {
      if (cause instanceof AgentStoreError) throw cause;
      const where = `partition ${JSON.stringify(key.partition)}, sort ${JSON.stringify(key.sort)}`;
      const message = `What is stored under ${where} cannot be read. It stays as it is until it is deleted.`;
      throw new AgentStoreError('CORRUPTED', message, { cause });
    }
  }

  /** A record of a state, to take the place of `previous`. */
  async create({ ids }: Session, copy: StateCopy, previous: string | null): Promise<NewRecord> {
    const { ttlSeconds, now } = this.#settings;
    const serialized = await this.#serialize(copy, ids);
    const updatedAt = now();
    let text: string | Uint8Array | undefined;
    const toText = () => {
      text ??= toStateText(serialized);
      return text;
    };
    const revision =
      this.#records.createRevision?.() ??
      (await createRevision({ previous: previous ?? '', text: toText(), now: updatedAt }));
    return {
      revision,
      ...(ttlSeconds !== null && { expiresAt: Math.ceil(updatedAt / 1000 + ttlSeconds) }),
      updatedAt,
      state: serialized,
      get text() {
        return toText();
      },
    };
  }

  /** Writes a record where one of `revisions` is stored, `null` standing for no record. */
  write(session: Session, record: NewRecord, revisions: readonly (string | null)[]): Promise<PutResult> {
    if (!this.#settings.optimistic) return this.#records.put(session.key, record, null);
    const expected: Expectation = {
      absent: revisions.includes(null),
      revisions: revisions.filter((revision) => revision !== null),
      now: record.updatedAt,
    };
    return this.#records.put(session.key, record, expected);
  }

  delete(session: Session): Promise<void> {
    return this.#records.delete(session.key);
  }

  async close(): Promise<void> {
    await this.#records.close?.();
  }

  async #serialize({ state, beyondJson }: StateCopy, ids: StateIds): Promise<NewRecord['state']> {
    try {
      return await this.#settings.serializer.serialize(state, ids, beyondJson);
    } catch (cause) {
      if (cause instanceof AgentStoreError) throw cause;
      throw new AgentStoreError('UNSERIALIZABLE', 'The serializer failed.', { cause });
    }
  }

  #isExpired({ expiresAt }: StoredRecord): boolean {
    return expiresAt !== undefined && expiresAt * 1000 <= this.#settings.now();
  }
}
