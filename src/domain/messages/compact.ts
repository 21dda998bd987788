import { AgentStoreError } from '../errors.js';
import type { CompactionResult, CompactOptions, Message } from '../message-store.js';
import { type CreatePart, keepSummary, partsOf } from './build-head.js';
import { countOf, type Entry, type Head, type Summary } from './head.js';
import type { StoredHead } from './head-memory.js';
import { findCallers } from './heal.js';
import { createEntry, describeMessages } from './message-codec.js';
import type { History, MessageCore } from './message-core.js';
import { type Look, listNodes, readHistory, readMessages } from './read-history.js';
import { changeHead } from './write-history.js';

/** How many messages one summary is made of when summaries are summarized in turn. */
const chunkSize = 50;

const nothing: CompactionResult = {
  summaryMessages: [],
  compactedRange: { start: 0, end: 0 },
  tokensSaved: 0,
};

/** What is to be replaced, as it was read. */
interface Plan {
  readonly base: StoredHead | null;
  readonly origin: string;
  readonly removed: readonly Message[];
  /** Where the first message that stays is, among all and since the history was created. */
  readonly cut: number;
  readonly position: number;
  readonly start: number;
}

/** Makes a history shorter. Nothing is removed before what takes its place is stored. */
export async function compactHistory(
  core: MessageCore,
  history: History,
  options: CompactOptions,
): Promise<CompactionResult> {
  const { strategy = 'sliding-window' } = options;
  if (strategy !== 'sliding-window' && core.settings.summarize === null) {
    const message = `The strategy "${strategy}" needs the option "summarize" of the store.`;
    throw new AgentStoreError('CONFIGURATION', message);
  }
  const { contextId } = history.ids;
  const plan = await core.calls.after(contextId, () =>
    readHistory(core, history, (look) => planCompaction(look, options)),
  );
  if (plan === null) return nothing;
  const summaryMessages = await summarizeAll(core, plan.removed, options);
  const entry =
    summaryMessages.length === 0 ? null : await createEntry(core.settings, summaryMessages, history.ids);
  const attributes = describeMessages(core.settings, summaryMessages, history.ids);
  const isDone = await core.calls.run(contextId, () =>
    changeHead(core, history, {
      attributes,
      base: plan.base,
      make: (head, revision, createPart) => cutHead(head, revision, plan, entry, createPart),
    }),
  );
  if (!isDone) return nothing;
  const { countTokens } = core.settings;
  const count = (messages: readonly Message[]) =>
    messages.reduce((sum, message) => sum + countTokens(message), 0);
  const tokensSaved = count(plan.removed) - count(summaryMessages);
  return { summaryMessages, compactedRange: { start: 0, end: plan.cut }, tokensSaved };
}

async function planCompaction(look: Look, options: CompactOptions): Promise<Plan | null> {
  const nodes = await listNodes(look);
  const placed = await readMessages(look, nodes, 0, countOf(nodes));
  const messages = placed.map(({ message }) => message);
  const cut = chooseCut(look.core, messages, options);
  const isSummaryAlone = cut === 1 && look.head.summary !== null;
  if (cut === 0 || isSummaryAlone) return null;
  const { origin, begin, end, summary } = look.head;
  return {
    base: look.stored,
    origin,
    removed: messages.slice(0, cut),
    cut,
    position: placed[cut]?.position ?? end,
    start: summary?.start ?? begin,
  };
}

/** How many of the messages go. No call is parted from its results, and one that may still be answered stays. */
function chooseCut(
  { settings }: MessageCore,
  messages: readonly Message[],
  { keepRecent = 50, targetTokens = Number.POSITIVE_INFINITY }: CompactOptions,
): number {
  let cut = messages.length;
  let tokens = 0;
  for (const message of [...messages].reverse()) {
    tokens += settings.countTokens(message);
    if (messages.length - cut >= keepRecent || tokens > targetTokens) break;
    cut--;
  }
  const callers = findCallers(messages);
  const waiting = findWaiting(messages, callers);
  cut = Math.min(cut, waiting ?? cut);
  for (const [result, caller] of [...callers].reverse()) if (caller < cut && result >= cut) cut = caller;
  return cut;
}

/** The last message that calls, if one of its calls has no result, and its user has said nothing since. */
function findWaiting(messages: readonly Message[], callers: ReadonlyMap<number, number>): number | undefined {
  const last = messages.findLastIndex(({ toolCalls = [] }) => toolCalls.length > 0);
  if (last === -1 || messages.slice(last).some(({ role }) => role === 'user')) return undefined;
  const results = [...callers].flatMap(([result, caller]) =>
    caller === last ? [messages[result]?.toolCallId] : [],
  );
  const isAnswered = messages[last]?.toolCalls?.every(({ id }) => results.includes(id));
  return isAnswered ? undefined : last;
}

async function summarizeAll(
  { settings: { summarize } }: MessageCore,
  removed: readonly Message[],
  { strategy = 'sliding-window', summaryPrompt }: CompactOptions,
): Promise<Message[]> {
  if (summarize === null || strategy === 'sliding-window') return [];
  const options = summaryPrompt === undefined ? {} : { summaryPrompt };
  const toSummary = async (messages: readonly Message[]): Promise<Message> => ({
    role: 'system',
    content: await summarize(messages, options),
  });
  let messages = removed;
  while (strategy === 'hierarchical' && messages.length > chunkSize) {
    const summaries: Message[] = [];
    for (let start = 0; start < messages.length; start += chunkSize)
      summaries.push(await toSummary(messages.slice(start, start + chunkSize)));
    messages = summaries;
  }
  return [await toSummary(messages)];
}

/** The head from the cut on; `null` if the history is not the one any more that was read. */
async function cutHead(
  head: Head,
  revision: string,
  { origin, position, start }: Plan,
  entry: Entry | null,
  createPart: CreatePart,
): Promise<Head | null> {
  if (head.origin !== origin) return null;
  let at = head.end - countOf(head.tail) - countOf(head.refs);
  const isBefore = ({ count }: { readonly count: number }) => {
    at += count;
    return at <= position;
  };
  const gone = head.refs.filter(isBefore);
  const tail = head.tail.filter((item) => !isBefore(item));
  const summary: Summary | null =
    entry === null ? null : { start, end: position, content: await keepSummary(entry, createPart) };
  return {
    ...head,
    begin: Math.max(head.begin, position),
    origin: revision,
    refs: head.refs.filter((ref) => !gone.includes(ref)),
    tail,
    summary,
    replaced: [...head.replaced, ...gone, ...partsOf(head.summary)],
  };
}
