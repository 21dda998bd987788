import { AgentStoreError } from '../../domain/errors.js';
import { type CopyReport, copySessions } from '../../domain/sessions/copy-sessions.js';
import { type CliContext, type CommonFlags, present } from '../context.js';
import { wrongUsage } from '../failures.js';
import { Progress } from '../output/progress.js';
import { formatCount, toCell } from '../output/text.js';
import { openStores } from '../stores/open-stores.js';
import { parseStoreUrl } from '../stores/store-url.js';

export interface CopyFlags extends CommonFlags {
  readonly from: string;
  readonly to: string;
}

export async function copyAll(this: CliContext, flags: CopyFlags): Promise<void> {
  const { io } = this;
  if (flags.from === flags.to)
    throw wrongUsage('The sessions would be copied onto themselves: --from and --to are the same.');
  const urls = [parseStoreUrl(flags.from), parseStoreUrl(flags.to)] as const;
  const from = await openStores(urls[0], io);
  const to = await openStores(urls[1], io);
  const progress = new Progress(io);
  let total: number | undefined;
  const onProgress = ({ round, done }: { readonly round: number; readonly done: number }) => {
    // How many there are is known when all have been looked at once.
    if (round === 1) total = done;
    progress.show(
      round === 1 ? 'Copying sessions:' : `Looking again (${round})`,
      done,
      round === 1 ? undefined : total,
    );
  };
  try {
    // It ends by itself when the user wants an end, with no session half copied.
    const report = await copySessions(from, to, { signal: io.signal, onProgress });
    progress.end();
    present(this, flags, report, () => describe(report));
    requireComplete(report);
  } finally {
    progress.end();
    await Promise.all([from.close(), to.close()]);
  }
}

function describe({ from, to, copied, kept, failed }: CopyReport): string {
  const count = ({ sessions, messages }: CopyReport['from']) =>
    `${formatCount(sessions, 'session')} with ${formatCount(messages, 'message')}`;
  return [
    `Copied: ${copied}. From: ${count(from)}. To: ${count(to)}.`,
    ...kept.map((contextId) => `Left as it is there, since it was active later: ${toCell(contextId)}`),
    ...failed.map(({ contextId, message }) => `Not copied: ${toCell(contextId)}: ${toCell(message)}`),
  ].join('\n');
}

function requireComplete({ complete }: CopyReport): void {
  if (complete) return;
  const says = 'The copy is not complete: sessions differ there, or change too fast. Run it again to go on.';
  throw new AgentStoreError('CONFLICT', says);
}
