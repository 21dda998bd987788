import type { Message } from '../../domain/message-store.js';
import { type CliContext, type CommonFlags, present } from '../context.js';
import { toPlainJson } from '../output/plain-json.js';
import { toPrintable } from '../output/text.js';
import { requireSession, withStores } from '../stores/with-stores.js';

export interface MessagesFlags extends CommonFlags {
  readonly limit?: number;
}

export async function printMessages(
  this: CliContext,
  flags: MessagesFlags,
  url: string,
  contextId: string,
): Promise<void> {
  const { agentId, count, messages } = await withStores(this, url, async (stores) => {
    const { agentId, messageStore } = stores;
    const { messages: count } = await requireSession(stores, contextId);
    // As they are stored: what is healed for a model would hide what is wrong with a conversation.
    const start = flags.limit === undefined ? 0 : Math.max(0, count - flags.limit);
    return { agentId, count, messages: await messageStore.getRange(contextId, start, count) };
  });
  const plain = await Promise.all(messages.map((each) => toPlainJson({ ...each }, { agentId, contextId })));
  present(this, flags, { agentId, contextId, count, messages: plain }, () =>
    messages.length === 0
      ? 'Nothing has been said.'
      : messages.map((message) => `${this.paint('dim', `${message.role}:`)} ${describe(message)}`).join('\n'),
  );
}

function describe({ content, toolCalls = [] }: Message): string {
  const calls = toolCalls.map(
    ({ function: { name, arguments: given } }) => `${name}(${JSON.stringify(given)})`,
  );
  return toPrintable([content, ...calls].filter((text) => text !== '').join('\n'));
}
