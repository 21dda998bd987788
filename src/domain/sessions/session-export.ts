import { defaultSerializer } from '../default-serializer.js';
import { AgentStoreError } from '../errors.js';
import { isMessage } from '../messages/head.js';
import { fromEntryData, toEntryData } from '../messages/message-codec.js';
import type { Append } from '../messages/read-history.js';
import { requireState } from '../state-copy.js';
import { copyPlainData } from '../values/encode.js';
import { isRecord } from '../values/objects.js';
import type { PlainData } from '../values/plain-data.js';
import type { CarriedSession } from './carry-session.js';

/**
 * All that can be carried of a session, as JSON: what is richer than JSON is in the form of `defaultSerializer`, `{ json, meta }`, which
 * superjson reads too. What belongs to the place where it runs is not in it: leases, what turns have said, idempotency keys.
 *
 * @example
 * const exported: SessionExport = await exportSession(stores, contextId);
 * await writeFile('session.json', JSON.stringify(exported));
 */
export interface SessionExport {
  /** The form of the export. */
  readonly version: 1;
  readonly agentId: string;
  readonly contextId: string;
  /** In ISO 8601. */
  readonly exportedAt: string;
  /** `null` if there is none. */
  readonly state: ExportedState | null;
  /** Oldest first; empty if there are none. */
  readonly history: readonly ExportedMessages[];
  /** Whose the session is; `null` if it is nobody's. */
  readonly owner: string | null;
}

/**
 * A state in an export.
 *
 * @example
 * const staysForEver = ({ expiresAt }: ExportedState) => expiresAt === null;
 */
export interface ExportedState {
  /** `{ json, meta }`, without `meta` if it is plain JSON but for its two dates. */
  readonly data: PlainData;
  /** When it expires, in Unix seconds; `null` if it stays. */
  readonly expiresAt: number | null;
}

/**
 * The messages of one append in an export.
 *
 * @example
 * const since = ({ at }: ExportedMessages) => new Date(at);
 */
export interface ExportedMessages {
  /** `{ json: { messages }, meta }`, without `meta` if they are plain JSON. */
  readonly data: PlainData;
  /** When they were appended, in milliseconds. */
  readonly at: number;
  /** When they expire, in Unix seconds; `null` if they stay. */
  readonly expiresAt: number | null;
  /** True if it is what a compaction has put in the place of earlier ones. */
  readonly isSummary: boolean;
}

interface Ids {
  readonly agentId: string;
  readonly contextId: string;
}

/** @throws AgentStoreError `UNSERIALIZABLE` if it holds what only a serializer of the user's own keeps. */
export async function toExport(
  { state, expiresAt, history, owner }: CarriedSession,
  ids: Ids,
  now: number,
): Promise<SessionExport> {
  const toData = async (value: object) => toEntryData(await defaultSerializer.serialize(value, ids));
  const exported = history.map(async ({ messages, ...rest }) => ({
    data: await toData({ messages }),
    ...rest,
  }));
  return {
    version: 1,
    ...ids,
    exportedAt: new Date(now).toISOString(),
    state: state === null ? null : { data: await toData(state), expiresAt },
    history: await Promise.all(exported),
    owner,
  };
}

/** The session in an export, which may have come from anywhere. @throws AgentStoreError `CORRUPTED` if it is none. */
export async function fromExport(
  exported: unknown,
): Promise<{ readonly ids: Ids; readonly carried: CarriedSession }> {
  try {
    if (!isRecord(exported) || exported.version !== 1)
      throw new TypeError('It has no version that is known.');
    const { agentId, contextId, state, history, owner } = exported;
    if (typeof agentId !== 'string' || typeof contextId !== 'string' || !Array.isArray(history))
      throw new TypeError('It has no ids, or no history.');
    if (owner !== null && typeof owner !== 'string') throw new TypeError('Its owner is no text.');
    const ids = { agentId, contextId };
    const parsed = state === null ? null : await parseState(state, ids);
    const appends = await Promise.all(history.map((append: unknown) => parseAppend(append, ids)));
    const expiresAt = parsed?.expiresAt ?? null;
    return { ids, carried: { state: parsed?.state ?? null, expiresAt, history: appends, owner } };
  } catch (cause) {
    throw new AgentStoreError('CORRUPTED', 'The export cannot be read; the cause says why.', { cause });
  }
}

async function parseState(exported: unknown, ids: Ids) {
  const { data, expiresAt } = requireRecord(exported);
  return { state: requireState(await parseData(data, ids)), expiresAt: parseExpiry(expiresAt) };
}

async function parseAppend(exported: unknown, ids: Ids): Promise<Append> {
  const { data, at, expiresAt, isSummary } = requireRecord(exported);
  const { messages } = requireRecord(await parseData(data, ids));
  if (typeof at !== 'number' || !Array.isArray(messages) || !messages.every(isMessage))
    throw new TypeError('What is in its history are no messages.');
  return { at, expiresAt: parseExpiry(expiresAt), isSummary: isSummary === true, messages };
}

/** Restoring changes what it restores: the caller keeps the export as it was. */
async function parseData(data: unknown, ids: Ids): Promise<unknown> {
  return defaultSerializer.deserialize(fromEntryData(copyPlainData(data, 'export')), ids);
}

function parseExpiry(expiresAt: unknown): number | null {
  if (expiresAt === null || (typeof expiresAt === 'number' && Number.isSafeInteger(expiresAt)))
    return expiresAt;
  throw new TypeError('It has an expiry that is no time.');
}

function requireRecord(value: unknown): Record<string, unknown> {
  if (isRecord(value)) return value;
  throw new TypeError('A part of it is no object.');
}
