import type { AgentState } from '../agent-state.js';
import type { AgentStore } from '../agent-store.js';
import { AgentStoreError, type AgentStoreOperation } from '../errors.js';
import type { NewRecord, RecordStore, RefusedWrite, StoredRecord, WriteResult } from '../record-store.js';
import type { SerializedData } from '../values/plain-data.js';
import type { AgentStoreSettings } from './agent-store-options.js';
import { CallQueue, holdFailure } from './call-queue.js';
import { type Block, ContextMemory, type SeenContext } from './context-memory.js';
import {
  checkState,
  createRecord,
  decodeRecord,
  expect,
  locateSession,
  type Session,
  type StoredSession,
  serializeState,
} from './session-codec.js';

/** Writes of unknown outcome that are remembered at a time; an outage seldom makes more than one. */
const maxAttempts = 16;

const noAttempts: readonly string[] = [];

const reasons: Readonly<Record<Block, string>> = {
  'load-failed': 'The last load of this session failed, so what a save would replace is not known.',
  conflict: 'An earlier save of this session met what somebody else had stored.',
  deleted: 'This instance has deleted the session.',
};

/**
 * All policy of a store, over whatever keeps its records: which saves are refused, in which order calls take effect, and
 * what a failure says. Every store is one of these over a `RecordStore`.
 */
export class PersistentAgentStore implements AgentStore {
  readonly #settings: AgentStoreSettings;
  readonly #records: RecordStore;
  readonly #memory: ContextMemory;
  readonly #queue = new CallQueue();
  #closing: Promise<void> | undefined;

  constructor(settings: AgentStoreSettings, records: RecordStore) {
    this.#settings = settings;
    this.#records = records;
    this.#memory = new ContextMemory(settings.maxTrackedContexts);
  }

  load(contextId: string): Promise<AgentState | null> {
    return this.#call('load', contextId, (session) => this.#queue.run(contextId, () => this.#load(session)));
  }

  peek(contextId: string): Promise<AgentState | null> {
    return this.#call('peek', contextId, (session) =>
      this.#queue.after(contextId, async () => (await this.#read(session)).state),
    );
  }

  save(contextId: string, state: AgentState): Promise<void> {
    return this.#call('save', contextId, async (session) => {
      // An agent saves this from its constructor, before it has loaded what it is about to resume.
      if (state?.status === 'created') return checkState(this.#settings, state, session.ids);
      const data = holdFailure(serializeState(this.#settings, state, session.ids));
      await this.#queue.run(contextId, async () => this.#save(session, await data()));
    });
  }

  delete(contextId: string): Promise<void> {
    return this.#call('delete', contextId, ({ key }) =>
      this.#queue.run(contextId, async () => {
        // Also if it fails: the state may be gone then, and a late save must not bring it back.
        this.#memory.remember(contextId, { ...this.#memory.recall(contextId), block: 'deleted' });
        await this.#records.delete(key, null);
      }),
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#queue.settled();
    try {
      await this.#records.close?.();
    } catch (cause) {
      const details = { operation: 'close', agentId: this.#settings.agentId, cause } as const;
      throw new AgentStoreError('UNAVAILABLE', 'The store could not close its client.', details);
    }
  }

  /** Runs a call at once, up to its first wait; what it throws says which call it was. */
  async #call<T>(
    operation: AgentStoreOperation,
    contextId: string,
    run: (session: Session) => Promise<T>,
  ): Promise<T> {
    try {
      if (this.#closing !== undefined) throw new AgentStoreError('UNAVAILABLE', 'The store is closed.');
      return await run(locateSession(this.#settings, contextId, this.#records.keyLimits));
    } catch (error) {
      throw explain(error, operation, this.#settings.agentId, contextId);
    }
  }

  async #read(session: Session): Promise<StoredSession> {
    return decodeRecord(this.#settings, session, await this.#records.get(session.key));
  }

  async #load(session: Session): Promise<AgentState | null> {
    const { contextId } = session.ids;
    const seen = this.#memory.recall(contextId);
    try {
      const { revision, state } = await this.#read(session);
      // The attempts stay: one of them may still arrive.
      this.#memory.remember(contextId, { revision, attempts: seen.attempts });
      return state;
    } catch (error) {
      this.#memory.remember(contextId, { ...seen, block: 'load-failed' });
      throw error;
    }
  }

  async #save(session: Session, data: SerializedData): Promise<void> {
    const { contextId } = session.ids;
    const seen = this.#memory.recall(contextId);
    if (seen.block !== undefined)
      throw new AgentStoreError('CONFLICT', `${reasons[seen.block]} Load it first.`);
    const record = await createRecord(this.#settings, data, seen.revision, this.#records.isLocal === true);
    const result = await this.#write(session, record, seen);
    // What is in the way may be this very write: its answer was lost, and the client sent it again.
    if (result.written || result.current?.revision === record.revision) {
      this.#memory.remember(contextId, { revision: record.revision, attempts: noAttempts });
      return;
    }
    this.#memory.remember(contextId, { ...seen, block: 'conflict' });
    throw await this.#conflict(session, seen, result);
  }

  async #write({ ids, key }: Session, record: NewRecord, seen: SeenContext): Promise<WriteResult> {
    try {
      const expected = expect(this.#settings, [seen.revision, ...seen.attempts], record.updatedAt);
      return await this.#records.put(key, record, expected);
    } catch (error) {
      if (!(error instanceof AgentStoreError) || error.code === 'UNAVAILABLE') {
        const attempts = [...seen.attempts, record.revision].slice(-maxAttempts);
        this.#memory.remember(ids.contextId, { ...seen, attempts });
      }
      throw error;
    }
  }

  async #conflict(session: Session, seen: SeenContext, refusal: RefusedWrite): Promise<AgentStoreError> {
    const message =
      seen.revision === null
        ? 'A state is stored that this instance has not loaded. Load it first.'
        : 'Somebody else has saved or deleted this session since it was loaded. Load it again.';
    const current = await this.#winner(session, refusal.current);
    return new AgentStoreError('CONFLICT', message, { cause: refusal.cause, current });
  }

  async #winner(session: Session, record: StoredRecord | undefined): Promise<AgentState | undefined> {
    try {
      return (await decodeRecord(this.#settings, session, record ?? null)).state ?? undefined;
    } catch {
      // The conflict stands, also if its winner cannot be read; the load that must follow says so.
      return undefined;
    }
  }
}

/** The error a caller gets: which call failed, for which session, and why. */
function explain(
  error: unknown,
  operation: AgentStoreOperation,
  agentId: string,
  contextId: string,
): AgentStoreError {
  const failed = `Could not ${operation} the state of ${JSON.stringify(contextId)}`;
  const ids = { operation, agentId, contextId };
  if (!(error instanceof AgentStoreError)) {
    return new AgentStoreError('UNAVAILABLE', `${failed}: the backend failed.`, { ...ids, cause: error });
  }
  const { code, message, cause, current } = error;
  return new AgentStoreError(code, `${failed}: ${message}`, { ...ids, cause, current });
}
