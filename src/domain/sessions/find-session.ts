import type { RecordKey } from '../key-schema.js';
import { findHistory } from '../messages/erase-history.js';
import { findState } from '../store/erase-state.js';
import { locateSession } from '../store/session-codec.js';
import { type FoundTurns, findTurns } from '../turns/erase-turns.js';
import type { SessionCores } from './session-stores.js';

/**
 * How many records a session has, by their kind.
 *
 * @example
 * const isNothing = (records: SessionRecords) => Object.values(records).every((count) => count === 0);
 */
export interface SessionRecords {
  /** 1 if there is a state, an expired or an unreadable one included. */
  readonly state: number;
  /** Further records of a large state, those of killed saves included. */
  readonly stateParts: number;
  /** 1 if there is a history, whatever is in it. */
  readonly history: number;
  /** Further records of the history, those of killed appends included. */
  readonly historyParts: number;
  /** Records of what turns have said. */
  readonly events: number;
  /** Further records of events that are too large for one, those of killed writes included. */
  readonly eventParts: number;
  /** Idempotency keys. */
  readonly requests: number;
  /** 1 if the session is somebody's. */
  readonly owner: number;
}

/** What a look at a session finds. */
export interface FoundSession {
  readonly records: SessionRecords;
  readonly turns: FoundTurns;
  /** The keys of parts that nothing names, in the records of each store. */
  readonly unnamed: Readonly<Record<keyof Omit<SessionCores, 'agentId'>, readonly RecordKey[]>>;
  /** Until when, in Unix seconds, what an erase has left stands in the way of late writers. */
  readonly fencedUntil: number | undefined;
}

/** Looks for everything that belongs to a session, and changes nothing. */
export async function findSession(
  { states, messages, turns }: SessionCores,
  contextId: string,
): Promise<FoundSession> {
  const session = locateSession(states.settings, contextId, states.records.keyLimits);
  const [state, history, found] = await Promise.all([
    findState(states, session),
    findHistory(messages, contextId),
    findTurns(turns, contextId),
  ]);
  return {
    records: {
      state: Number(state.isThere),
      stateParts: state.parts,
      history: Number(history.isThere),
      historyParts: history.parts,
      events: found.events.length,
      eventParts: found.parts,
      requests: found.requests.length,
      owner: Number(found.hasOwner),
    },
    turns: found,
    unnamed: { states: state.unnamed, messages: history.unnamed, turns: found.unnamed },
    fencedUntil: state.fencedUntil,
  };
}

/** What is there of the first and not of the second. */
export function subtract(from: SessionRecords, left: SessionRecords): SessionRecords {
  const less = (kind: keyof SessionRecords) => Math.max(from[kind] - left[kind], 0);
  return {
    state: less('state'),
    stateParts: less('stateParts'),
    history: less('history'),
    historyParts: less('historyParts'),
    events: less('events'),
    eventParts: less('eventParts'),
    requests: less('requests'),
    owner: less('owner'),
  };
}
