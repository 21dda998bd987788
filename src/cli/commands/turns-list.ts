import { type CliContext, type CommonFlags, present } from '../context.js';
import { formatTable } from '../output/text.js';
import { withStores } from '../stores/with-stores.js';

export async function listTurns(this: CliContext, flags: CommonFlags, url: string): Promise<void> {
  const turns = await withStores(this, url, ({ turnStore }) => turnStore.listRunningTurns());
  present(this, flags, { turns }, () => {
    if (turns.length === 0) return 'No turn runs.';
    const rows = turns.map(({ contextId, turn, since, holder, tokens }) => [
      contextId,
      turn,
      since.toISOString(),
      holder,
      String(tokens),
    ]);
    return formatTable(['SESSION', 'TURN', 'SINCE', 'RUNS AT', 'TOKENS'], rows);
  });
}
