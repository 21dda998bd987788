import { type CliContext, present } from '../context.js';
import { requireYes } from '../require-yes.js';
import type { YesFlags } from '../routes/parameters.js';
import { requireSession, withStores } from '../stores/with-stores.js';

export async function deleteSession(
  this: CliContext,
  flags: YesFlags,
  url: string,
  contextId: string,
): Promise<void> {
  const messages = await withStores(this, url, async (stores) => {
    const { messages } = await requireSession(stores, contextId);
    requireYes(flags, `removes the state of "${contextId}" and its conversation`);
    // The state first: an agent that runs is refused its next save, and then appends nothing any more.
    await stores.agentStore.delete(contextId);
    await stores.messageStore.clear(contextId);
    return messages;
  });
  present(this, flags, { contextId, deleted: true, messages }, () => `The session "${contextId}" is gone.`);
}
