import { type PruneReport, pruneSessions } from '../../domain/sessions/prune-sessions.js';
import { type CliContext, present } from '../context.js';
import { Progress } from '../output/progress.js';
import { formatCount, toCell } from '../output/text.js';
import type { YesFlags } from '../routes/parameters.js';
import { openStores } from '../stores/open-stores.js';
import { parseStoreUrl } from '../stores/store-url.js';

export interface PruneFlags extends YesFlags {
  /** In milliseconds. */
  readonly olderThan: number;
}

export async function prune(this: CliContext, flags: PruneFlags, url: string): Promise<void> {
  const { io } = this;
  const { signal } = io;
  const stores = await openStores(parseStoreUrl(url), io);
  const progress = new Progress(io);
  const onProgress = ({ done }: { readonly done: number }) => progress.show('Looking at sessions:', done);
  try {
    const olderThan = new Date(Date.now() - flags.olderThan);
    // It ends by itself when the user wants an end, with no session half erased.
    const report = await pruneSessions(stores, { olderThan, dryRun: !flags.yes, onProgress, signal });
    progress.end();
    present(this, flags, report, () => describe(report));
  } finally {
    progress.end();
    await stores.close();
  }
}

function describe({
  dryRun,
  olderThan,
  sessions,
  inUse,
  unreadable,
  emptyRecords,
  orphanedParts,
}: PruneReport): string {
  const does = dryRun ? 'Would erase' : 'Erased';
  const leftovers = `${formatCount(emptyRecords, 'empty record')} and ${formatCount(orphanedParts ?? 0, 'orphaned part')}`;
  return [
    `${does} ${formatCount(sessions.length, 'session')} not active since ${olderThan}, ${leftovers}.`,
    ...sessions.map((contextId) => `  ${toCell(contextId)}`),
    ...inUse.map((contextId) => `Stays, since somebody uses it: ${toCell(contextId)}`),
    ...unreadable.map((contextId) => `Stays, since it cannot be read: ${toCell(contextId)}`),
    ...(orphanedParts === null
      ? [
          'Which parts are orphaned cannot be told: something cannot be read, or the partition has records of others.',
        ]
      : []),
    ...(dryRun ? ['Nothing has been changed. Add --yes to do it.'] : []),
  ].join('\n');
}
