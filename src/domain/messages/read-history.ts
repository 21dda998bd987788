import { AgentStoreError } from '../errors.js';
import type { RecordKey } from '../key-schema.js';
import type { Message } from '../message-store.js';
import { createHead } from './build-head.js';
import { countOf, type Entry, type Head, hasExpired, type Ref } from './head.js';
import type { StoredHead } from './head-memory.js';
import { readEntry } from './message-codec.js';
import { corrupted, type History, type MessageCore } from './message-core.js';
import { namesOfRef, readEntries, readRefs, UnreadablePart } from './message-parts.js';
import { readHead, toStoredHead } from './write-history.js';

/** How often a reader starts over while others write. */
const maxReads = 5;

/** What a reader sees: a head, and the time at which it has seen it. */
export interface Look {
  readonly core: MessageCore;
  readonly history: History;
  readonly stored: StoredHead | null;
  readonly head: Head;
  readonly now: number;
  /** Parts that are known to stay unreadable, whoever has been told of them already. */
  readonly unreadable: Map<string, boolean>;
  /** The parts that have been read. */
  readonly parts: Map<string, Promise<readonly Entry[] | readonly Ref[]>>;
}

/** Some of the messages, next to each other. */
interface Node {
  /** The place of the first of them since the history was created. */
  readonly position: number;
  readonly count: number;
  readonly bytes: number;
  /** Where they are: in an entry that has been read, or in a part. */
  readonly source: { readonly entry: Entry; readonly key: RecordKey } | Ref;
  /** How many messages of the source lie before them. */
  readonly skip: number;
}

export interface PlacedMessage {
  readonly position: number;
  readonly message: Message;
}

/** Reads what a head leads to; again if that is being replaced meanwhile. */
export async function readHistory<Result>(
  core: MessageCore,
  history: History,
  read: (look: Look) => Promise<Result>,
): Promise<Result> {
  const unreadable = new Map<string, boolean>();
  let stored = await toStoredHead(await core.records.get(history.key));
  for (let reads = 1; ; ) {
    const now = core.settings.now();
    const isGone = stored === null || hasExpired(stored.expiresAt ?? 0, now);
    if (!isGone && stored?.head === null) throw corrupted(history.key, undefined);
    const head = (isGone ? null : stored?.head) ?? createHead('');
    try {
      return await read({ core, history, stored, head, now, unreadable, parts: new Map() });
    } catch (error) {
      if (!(error instanceof UnreadablePart)) throw error;
      const before = stored?.revision;
      stored = await readHead(core, history);
      const hasChanged = stored?.revision !== before || hasExpired(error.ref.newest, core.settings.now());
      if (!hasChanged) unreadable.set(error.ref.name, false);
      else if (reads++ === maxReads)
        throw new AgentStoreError('UNAVAILABLE', 'Others replace the history faster than it can be read.');
    }
  }
}

/** All messages that a head leads to, oldest first, in pieces that are read only if somebody asks for them. */
export async function listNodes(look: Look): Promise<Node[]> {
  const { head, history } = look;
  const { refs, tail, end, summary } = head;
  const tailStart = end - countOf(tail);
  const inParts = await expandRefs(look, refs, tailStart - countOf(refs), head.begin);
  const inTail = expandEntries(look, tail, tailStart, head.begin, history.key);
  return [...(summary === null ? [] : await expandSummary(look, summary)), ...inParts, ...inTail];
}

/** The messages of one append, or what is left of them. */
export interface Append {
  /** When they were appended, in milliseconds. */
  readonly at: number;
  /** When they stop to exist, in Unix seconds; `null` if they stay. */
  readonly expiresAt: number | null;
  /** True if it stands for earlier ones. */
  readonly isSummary: boolean;
  readonly messages: readonly Message[];
}

/** All appends that a head leads to, oldest first, a summary of earlier ones before them. */
export async function readAppends(look: Look): Promise<Append[]> {
  const { summary } = look.head;
  const summaries = summary === null ? [] : await expandSummary(look, summary);
  const nodes = await listNodes({ ...look, head: { ...look.head, summary: null } });
  const appends = await Promise.all([
    ...summaries.map((node) => expandNode(look, node, true)),
    ...nodes.map((node) => expandNode(look, node, false)),
  ]);
  return appends.flat();
}

/** When the newest messages were appended, in milliseconds; `null` if there are none. */
export async function readLastTime(look: Look): Promise<number | null> {
  const node = (await listNodes(look)).at(-1);
  const appends = node === undefined ? [] : await expandNode(look, node, false);
  return appends.at(-1)?.at ?? null;
}

async function expandNode(look: Look, node: Node, isSummary: boolean): Promise<Append[]> {
  const { source, skip, position, count } = node;
  if ('entry' in source) {
    const { at, expiresAt } = source.entry;
    const messages = (await decode(look, source.entry, source.key)).slice(skip, skip + count);
    return [{ at, expiresAt: expiresAt === 0 ? null : expiresAt, isSummary, messages }];
  }
  const inside = await expandRef(look, source, position - skip, position, true);
  return (await Promise.all(inside.map((part) => expandNode(look, part, isSummary)))).flat();
}

/** The messages from one place among all of them to another, without the one there, as they are stored. */
export async function readMessages(
  look: Look,
  nodes: readonly Node[],
  start: number,
  end: number,
): Promise<PlacedMessage[]> {
  let place = 0;
  const reads = nodes.map(async (node) => {
    const [from, to] = [Math.max(start - place, 0), Math.min(end - place, node.count)];
    place += node.count;
    return from < to ? readNode(look, node, from, to) : [];
  });
  return (await Promise.all(reads)).flat();
}

async function readNode(look: Look, node: Node, from: number, to: number): Promise<PlacedMessage[]> {
  const { source, skip, position } = node;
  if ('entry' in source) {
    const messages = await decode(look, source.entry, source.key);
    return messages
      .slice(skip + from, skip + to)
      .map((message, index) => ({ message, position: position + from + index }));
  }
  const inside = await expandRef(look, source, position - skip, position, true);
  return readMessages(look, inside, from, to);
}

async function expandSummary(look: Look, { start, content }: NonNullable<Head['summary']>): Promise<Node[]> {
  if ('data' in content) return expandEntries(look, [content], start, start, look.history.key);
  return expandRef(look, content, start, start, false);
}

async function expandRefs(look: Look, refs: readonly Ref[], start: number, begin: number): Promise<Node[]> {
  let position = start;
  const nodes = refs.map((ref) => {
    position += ref.count;
    return expandRef(look, ref, position - ref.count, begin, false);
  });
  return (await Promise.all(nodes)).flat();
}

/** What there is in a part, from the position `begin` on; as one piece if all of it is there, and nobody wants to know more. */
async function expandRef(
  look: Look,
  ref: Ref,
  position: number,
  begin: number,
  isOpened: boolean,
): Promise<Node[]> {
  const skip = Math.max(begin - position, 0);
  if (skip >= ref.count || hasExpired(ref.newest, look.now)) return [];
  if (!isOpened && !hasExpired(ref.oldest, look.now))
    return [{ position: position + skip, count: ref.count - skip, bytes: ref.bytes, source: ref, skip }];
  if (ref.level > 0) {
    const refs = await open(look, ref, readRefs);
    return refs === null ? [] : expandRefs(look, refs, position, begin);
  }
  const entries = await open(look, ref, readEntries);
  const { key: head, parts } = look.history;
  const [key = head] = namesOfRef(ref).map(parts.byName());
  return entries === null ? [] : expandEntries(look, entries, position, begin, key);
}

function expandEntries(
  { now }: Look,
  entries: readonly Entry[],
  start: number,
  begin: number,
  key: RecordKey,
): Node[] {
  let position = start;
  return entries.flatMap((entry) => {
    const skip = Math.max(begin - position, 0);
    position += entry.count;
    if (skip >= entry.count || hasExpired(entry.expiresAt, now)) return [];
    const count = entry.count - skip;
    return [{ position: position - count, count, bytes: 0, source: { entry, key }, skip }];
  });
}

/** What is in a part; `null` if it stays unreadable, and whoever reads wants to go on without it. */
async function open<Content extends readonly Entry[] | readonly Ref[]>(
  look: Look,
  ref: Ref,
  read: (core: MessageCore, history: History, ref: Ref) => Promise<Content>,
): Promise<Content | null> {
  const { core, history, unreadable, parts } = look;
  const reading = parts.get(ref.name) ?? read(core, history, ref);
  parts.set(ref.name, reading);
  try {
    return (await reading) as Content;
  } catch (error) {
    const isTold = unreadable.get(ref.name);
    if (!(error instanceof UnreadablePart) || isTold === undefined) throw error;
    unreadable.set(ref.name, true);
    if (!isTold) core.settings.onCorrupted(corrupted(error.key, error));
    return null;
  }
}

async function decode({ core, history }: Look, entry: Entry, key: RecordKey): Promise<Message[]> {
  try {
    return await readEntry(core.settings, entry, history.ids);
  } catch (cause) {
    core.settings.onCorrupted(corrupted(key, cause));
    return [];
  }
}
