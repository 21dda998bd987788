import type { AgentScope } from '../agent-scope.js';
import { AgentStoreError } from '../errors.js';
import type { RecordKey, StateIds } from '../key-schema.js';
import type { ListableRecords } from '../list-keys.js';
import { CallQueue } from '../store/call-queue.js';
import { checkContextId, checkKey, requireNoPart } from '../store/key-check.js';
import { PartKeys } from '../store/part-keys.js';
import { createLocalRevision, createRevision } from '../store/revision.js';
import { HistoryMemory, type KnownHistory } from './head-memory.js';
import type { MessageStoreSettings } from './message-store-options.js';
import { type CallingAgent, findCallingAgent, type SeenHistory } from './seen-history.js';

/** What all calls of one store share. */
export interface MessageCore {
  readonly settings: MessageStoreSettings;
  readonly records: ListableRecords;
  /** The calls for each session, in the order in which they were made. */
  readonly calls: CallQueue;
  readonly memory: HistoryMemory<KnownHistory>;
  /** What each agent that runs in a scope of its own has seen. */
  readonly seenInScopes: WeakMap<AgentScope, HistoryMemory<SeenHistory>>;
}

/** One history, where its head is kept, and the agent that asks for it, if there is one. */
export interface History {
  readonly ids: StateIds;
  readonly key: RecordKey;
  /** Where its parts are. */
  readonly parts: PartKeys;
  readonly agent: CallingAgent | undefined;
}

export function createCore(settings: MessageStoreSettings, records: ListableRecords): MessageCore {
  return {
    settings,
    records,
    calls: new CallQueue(),
    memory: new HistoryMemory<KnownHistory>(() => ({ written: [] })),
    seenInScopes: new WeakMap(),
  };
}

/** @throws AgentStoreError `INVALID_KEY` if the backend cannot keep the id. */
export function locateHistory(core: MessageCore, contextId: string): History {
  const { settings, records, seenInScopes } = core;
  const { agentId, keySchema, partKeyPrefix } = settings;
  const ids = { agentId, contextId };
  checkContextId(contextId);
  const key = keySchema.key(ids);
  checkKey(key, records.keyLimits);
  requireNoPart(key, partKeyPrefix);
  const parts = new PartKeys(partKeyPrefix, 'history', key);
  return { ids, key, parts, agent: findCallingAgent(recall) };

  function recall(scope: AgentScope): SeenHistory {
    const memory = seenInScopes.get(scope) ?? new HistoryMemory<SeenHistory>(() => ({ revisions: [] }));
    seenInScopes.set(scope, memory);
    return memory.recall(contextId);
  }
}

/** A history as a turn with this token has it, whoever calls. */
export function locateAsTurn(core: MessageCore, contextId: string, token: number): History {
  const scope = { isRevoked: false, fencingToken: token };
  return { ...locateHistory(core, contextId), agent: { scope, token, seen: { revisions: [] } } };
}

/** A revision that no other write has. */
export function nextRevision({ records, settings }: MessageCore, text: string): string {
  if (records.isLocal === true) return createLocalRevision();
  return createRevision({ previous: '', text, now: settings.now() });
}

export function corrupted({ partition, sort }: RecordKey, cause: unknown): AgentStoreError {
  const where = `partition ${JSON.stringify(partition)}, sort ${JSON.stringify(sort)}`;
  const message = `What is stored under ${where} cannot be read. It stays as it is until the history is cleared.`;
  return new AgentStoreError('CORRUPTED', message, { cause });
}
