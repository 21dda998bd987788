import type { CliContext } from '../context.js';
import { wrongUsage } from '../failures.js';
import { openStores } from './open-stores.js';
import type { OpenStores } from './opened-stores.js';
import { parseStoreUrl } from './store-url.js';

/** Does work on the stores of a URL and closes them. When the user wants an end, it does not wait for the work. */
export async function withStores<Result>(
  { io }: CliContext,
  url: string,
  work: (stores: OpenStores) => Promise<Result>,
): Promise<Result> {
  const stores = await openStores(parseStoreUrl(url), io);
  try {
    return await untilAborted(io.signal, work(stores));
  } finally {
    // A connection that is left open would keep the process from ending.
    await stores.close();
  }
}

/** Rejects when a session has neither a state nor a conversation. */
export async function requireSession({ agentId, agentStore, messageStore }: OpenStores, contextId: string) {
  const [state, messages] = await Promise.all([agentStore.peek(contextId), messageStore.getCount(contextId)]);
  if (state === null && messages === 0)
    throw wrongUsage(`There is no session "${contextId}" of the agent "${agentId}".`);
  return { state, messages };
}

function untilAborted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
