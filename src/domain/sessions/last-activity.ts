import { locateHistory } from '../messages/message-core.js';
import { readHistory, readLastTime } from '../messages/read-history.js';
import { isErased, toStoredHead } from '../messages/write-history.js';
import { isFence } from '../store/erase-state.js';
import { findRecord } from '../store/find-record.js';
import { locateSession } from '../store/session-codec.js';
import { readSession } from '../store/session-records.js';
import { withRefusal } from './carry-session.js';
import type { SessionCores } from './session-stores.js';

/**
 * When a session was last active, in milliseconds: by its state and its newest messages. What has expired was active until then. `null` if
 * nothing says so: of an owner alone, and of what an erase has left.
 *
 * @throws AgentStoreError `CORRUPTED` if what is stored cannot be read.
 */
export async function findLastActivity(cores: SessionCores, contextId: string): Promise<number | null> {
  const times = [...(await timesOfState(cores, contextId)), ...(await timesOfHistory(cores, contextId))];
  return times.length === 0 ? null : Math.max(...times);
}

async function timesOfState({ states }: SessionCores, contextId: string): Promise<number[]> {
  const session = locateSession(states.settings, contextId, states.records.keyLimits);
  const record = await findRecord(states.records, session.key);
  const { state } = await readSession(states, session);
  if (state !== null) return [state.lastActivity.getTime()];
  if (record?.expiresAt === undefined || (await isFence(states, record))) return [];
  return [record.expiresAt * 1_000];
}

async function timesOfHistory({ messages }: SessionCores, contextId: string): Promise<number[]> {
  const history = { ...locateHistory(messages, contextId), agent: undefined };
  const head = await toStoredHead(await findRecord(messages.records, history.key));
  const last = await readHistory(withRefusal(messages), history, readLastTime);
  if (last !== null) return [last];
  return head?.expiresAt === undefined || isErased(head) ? [] : [head.expiresAt * 1_000];
}
