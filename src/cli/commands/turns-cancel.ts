import { type CliContext, type CommonFlags, present } from '../context.js';
import { Progress } from '../output/progress.js';
import { withStores } from '../stores/with-stores.js';

export async function cancelTurn(
  this: CliContext,
  flags: CommonFlags,
  url: string,
  contextId: string,
): Promise<void> {
  const progress = new Progress(this.io);
  progress.show('Waiting for the turn to stop');
  const isCancelled = await withStores(this, url, ({ turnStore }) => turnStore.cancel(contextId)).finally(
    () => progress.end(),
  );
  const says = isCancelled ? 'has been stopped' : 'does not run';
  present(this, flags, { contextId, cancelled: isCancelled }, () => `The turn of "${contextId}" ${says}.`);
}
