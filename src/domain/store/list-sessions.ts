import { AgentStoreError, isAgentStoreError } from '../errors.js';
import type { SessionRange } from '../key-schema.js';
import { type ListableRecords, requireIndex } from '../list-keys.js';
import { requireOption } from '../options.js';
import type { SessionListOptions, SessionPage, SessionSummary } from '../sessions/session-list.js';
import { sizeOf } from '../values/size.js';
import { toStateText } from '../values/text.js';
import { locateSession, type Session, type SessionPlaces } from './session-codec.js';
import { readSession } from './session-records.js';
import type { StoreCore } from './store-core.js';

/** So many states are read side by side. */
const batchSize = 25;

/** What it takes to find the sessions of a store: of their states, or of their histories. */
interface LocatingCore {
  readonly settings: SessionPlaces;
  readonly records: ListableRecords;
}

/** A page of the agent's sessions. */
export async function listSessions(
  core: StoreCore,
  { after, limit = 100 }: SessionListOptions,
): Promise<SessionPage> {
  requireOption(Number.isSafeInteger(limit) && limit > 0, 'limit', 'must be a positive whole number');
  const { partition, prefix } = requireRange(core);
  const page = await requireIndex(core.records).keys(partition, { prefix, after, limit });
  const found = page.keys.map((sort) => toSession(core, sort)).filter((session) => session !== null);
  const sessions: SessionSummary[] = [];
  for (let start = 0; start < found.length; start += batchSize) {
    const batch = found.slice(start, start + batchSize);
    const summaries = await Promise.all(batch.map((session) => summarize(core, session)));
    sessions.push(...summaries.filter((summary) => summary !== null));
  }
  return { sessions, ...(page.next !== undefined && { next: page.next }) };
}

/** Where the agent's sessions are. @throws AgentStoreError `CONFIGURATION` if the key schema does not say. */
export function requireRange({
  settings: { keySchema, agentId },
}: Pick<LocatingCore, 'settings'>): SessionRange {
  const range = keySchema.range?.(agentId);
  if (range !== undefined) return range;
  const message =
    'The key schema cannot turn keys into ids. Give it the method "range", which says where the sessions of an agent are.';
  throw new AgentStoreError('CONFIGURATION', message);
}

/** The session of a key; `null` if the key is of something else. */
export function toSession(core: LocatingCore, sort: string): Session | null {
  const { partition, contextId: toContextId } = requireRange(core);
  const contextId = toContextId(sort);
  if (contextId === null) return null;
  try {
    const session = locateSession(core.settings, contextId, core.records.keyLimits);
    return session.key.partition === partition && session.key.sort === sort ? session : null;
  } catch (error) {
    // No store has written what is under such a key.
    if (isAgentStoreError(error, 'INVALID_KEY')) return null;
    throw error;
  }
}

/** What a list says of a session; `null` if no state is there. */
async function summarize(core: StoreCore, session: Session): Promise<SessionSummary | null> {
  let bytes = 0;
  const { serializer } = core.settings;
  const measuring = {
    ...serializer,
    deserialize: (...[data, ids]: Parameters<typeof serializer.deserialize>) => {
      bytes = sizeOf(toStateText(data));
      return serializer.deserialize(data, ids);
    },
  };
  const settings = { ...core.settings, serializer: measuring };
  try {
    const { state, expiresAt } = await readSession({ settings, records: core.records }, session);
    if (state === null) return null;
    const { status, lastActivity: updatedAt } = state;
    const expiry = expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt * 1_000) };
    return { ...session.ids, status, updatedAt, bytes, ...expiry };
  } catch (error) {
    if (!isAgentStoreError(error, 'CORRUPTED')) throw error;
    return { ...session.ids, status: 'unreadable', updatedAt: new Date(0), bytes: 0 };
  }
}
