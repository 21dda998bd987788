import { type CliContext, type CommonFlags, present } from '../context.js';
import { toPlainJson } from '../output/plain-json.js';
import { formatFields } from '../output/text.js';
import { requireSession, withStores } from '../stores/with-stores.js';

export async function showSession(
  this: CliContext,
  flags: CommonFlags,
  url: string,
  contextId: string,
): Promise<void> {
  const found = await withStores(this, url, async (stores) => {
    const { agentId, turnStore } = stores;
    const [{ state, messages }, runningTurn, owner] = await Promise.all([
      requireSession(stores, contextId),
      turnStore.runningTurn(contextId),
      turnStore.owner(contextId),
    ]);
    return { agentId, contextId, messages, runningTurn, owner, state };
  });
  const { agentId, state, messages, runningTurn, owner } = found;
  const plain = state === null ? null : await toPlainJson({ ...state }, { agentId, contextId });
  const waitsFor = [...(state?.pendingToolInputs ?? []), ...(state?.pendingAuthRequests ?? [])];
  present(this, flags, { ...found, state: plain }, () =>
    formatFields({
      session: contextId,
      agent: agentId,
      status: state?.status ?? '(no state)',
      turns: state === null ? undefined : String(state.turnCount),
      created: state?.createdAt.toISOString(),
      'last active': state?.lastActivity.toISOString(),
      error: state?.error?.message,
      'waits for': waitsFor.length === 0 ? undefined : waitsFor.map(({ prompt }) => prompt).join('; '),
      messages: String(messages),
      'runs turn': runningTurn ?? undefined,
      owner: owner ?? undefined,
    }),
  );
}
