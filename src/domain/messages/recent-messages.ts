import type { Message, RecentOptions } from '../message-store.js';
import { healMessages } from './heal.js';
import { type Look, listNodes, readMessages } from './read-history.js';

/** Four characters a token: a message takes no fewer bytes, and seldom many more. */
const bytesPerToken = 4;

/** The newest messages within the limits, healed. Reads from the newest on, and no more than it takes. */
export async function readRecent(look: Look, options: RecentOptions): Promise<Message[]> {
  if (options.maxMessages === 0) return [];
  const nodes = await listNodes(look);
  const total = nodes.reduce((sum, { count }) => sum + count, 0);
  for (let take = estimateCount(nodes, options); ; take *= 2) {
    const from = Math.max(total - take, 0);
    const messages = (await readMessages(look, nodes, from, total)).map(({ message }) => message);
    const recent = select(look, messages, options, from === 0);
    if (recent !== null) return recent;
  }
}

/** How many of the newest messages are probably enough. */
function estimateCount(
  nodes: readonly { readonly count: number; readonly bytes: number }[],
  { maxMessages = Number.POSITIVE_INFINITY, maxTokens = Number.POSITIVE_INFINITY }: RecentOptions,
): number {
  let [count, bytes] = [0, 0];
  for (const node of [...nodes].reverse()) {
    if (count >= maxMessages || bytes >= maxTokens * bytesPerToken) break;
    count += node.count;
    bytes += node.bytes;
  }
  return Math.max(Math.min(count, maxMessages), 1);
}

/** What of these messages is within the limits, healed; `null` if it takes earlier ones to say so. */
function select(
  { core: { settings } }: Look,
  messages: readonly Message[],
  { maxMessages = Number.POSITIVE_INFINITY, maxTokens = Number.POSITIVE_INFINITY }: RecentOptions,
  isAll: boolean,
): Message[] | null {
  let start = messages.length;
  let tokens = 0;
  let isFull = false;
  for (const message of [...messages].reverse()) {
    tokens += settings.countTokens(message);
    isFull = messages.length - start >= maxMessages || tokens > maxTokens;
    if (isFull) break;
    start--;
  }
  if (!isFull && !isAll && messages.length < maxMessages) return null;
  // The newest message, or the call that it belongs to, is there whatever the limits.
  for (; ; start--) {
    const healed = healMessages(messages.slice(Math.max(start, 0)), settings.heal);
    if (healed.length > 0 || (start <= 0 && isAll)) return healed;
    if (start <= 0) return null;
  }
}
