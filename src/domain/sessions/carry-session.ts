import type { AgentState } from '../agent-state.js';
import type { AgentStoreError } from '../errors.js';
import { replaceHistory } from '../messages/import-history.js';
import { locateHistory, type MessageCore } from '../messages/message-core.js';
import { type Append, readAppends, readHistory } from '../messages/read-history.js';
import { findRecord } from '../store/find-record.js';
import { replaceState } from '../store/import-state.js';
import { locateSession } from '../store/session-codec.js';
import { readSession } from '../store/session-records.js';
import { claimOwner, readOwner, removeOwner } from '../turns/owner.js';
import { findDifference } from '../values/same-value.js';
import type { SessionCores } from './session-stores.js';

/** What can be carried of a session from one backend to another, as values. */
export interface CarriedSession {
  readonly state: AgentState | null;
  /** When the state expires, in Unix seconds; `null` if it stays. */
  readonly expiresAt: number | null;
  readonly history: readonly Append[];
  readonly owner: string | null;
}

/** How often a session is read while others change it. */
const maxReads = 5;

/** What a session is at one time: state and history are of the same moment. `null` if others change it too fast for that. */
export async function readCarried(cores: SessionCores, contextId: string): Promise<CarriedSession | null> {
  let before = await readRevisions(cores, contextId);
  for (let reads = 0; reads < maxReads; reads++) {
    const carried = await readOnce(cores, contextId);
    const after = await readRevisions(cores, contextId);
    if (before === after) return carried;
    before = after;
  }
  return null;
}

/**
 * Puts all of it in the place of what is there, as a turn with this token. The state is last: if it is there, so is the rest.
 */
export async function writeCarried(
  cores: SessionCores,
  contextId: string,
  token: number,
  { state, expiresAt, history, owner }: CarriedSession,
  requireHeld: () => void,
): Promise<void> {
  const { states, messages, turns } = cores;
  const session = locateSession(states.settings, contextId, states.records.keyLimits);
  const current = await readOwner(turns, contextId);
  if (current !== null && current !== owner) await removeOwner(turns, contextId);
  if (owner !== null) await claimOwner(turns, contextId, owner);
  requireHeld();
  await replaceHistory(messages, contextId, token, history);
  requireHeld();
  await replaceState(states, session, token, state, expiresAt);
}

export function isNothing({ state, history, owner }: CarriedSession): boolean {
  return state === null && history.length === 0 && owner === null;
}

/** True if the second is what the first becomes when it is carried: what has no expiry gets that of the store it comes to. */
export function isSame(from: CarriedSession, to: CarriedSession): boolean {
  return findDifference(toComparable(to, from), toComparable(from, from), 'session') === null;
}

function toComparable({ state, expiresAt, history, owner }: CarriedSession, from: CarriedSession) {
  const appends = history.map((append, index) => {
    const stays = from.history[index]?.expiresAt === null;
    return { ...append, expiresAt: stays ? null : append.expiresAt };
  });
  return { state, expiresAt: from.expiresAt === null ? null : expiresAt, history: appends, owner };
}

async function readOnce(
  { states, messages, turns }: SessionCores,
  contextId: string,
): Promise<CarriedSession> {
  const session = locateSession(states.settings, contextId, states.records.keyLimits);
  const { state, expiresAt = null } = await readSession(states, session);
  const history = { ...locateHistory(messages, contextId), agent: undefined };
  const appends = await readHistory(withRefusal(messages), history, readAppends);
  const owner = await readOwner(turns, contextId);
  return { state, expiresAt: state === null ? null : expiresAt, history: appends, owner };
}

/** Tells one moment of a session from another. */
async function readRevisions({ states, messages }: SessionCores, contextId: string): Promise<string> {
  const session = locateSession(states.settings, contextId, states.records.keyLimits);
  const history = locateHistory(messages, contextId);
  const state = await findRecord(states.records, session.key);
  const head = await findRecord(messages.records, history.key);
  return JSON.stringify([state?.revision, head?.revision]);
}

/** The same, but that it skips no message that cannot be read, whatever the store does otherwise. */
export function withRefusal(messages: MessageCore): MessageCore {
  const onCorrupted = (error: AgentStoreError) => {
    throw error;
  };
  return { ...messages, settings: { ...messages.settings, onCorrupted } };
}
