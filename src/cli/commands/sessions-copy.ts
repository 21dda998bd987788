import { AgentStoreError } from '../../domain/errors.js';
import type { CopyReport } from '../../domain/sessions/copy-report.js';
import { copySessions } from '../../domain/sessions/copy-sessions.js';
import { type CliContext, type CommonFlags, present } from '../context.js';
import { wrongUsage } from '../failures.js';
import type { CliIo } from '../io.js';
import { Progress } from '../output/progress.js';
import { formatCount, toCell } from '../output/text.js';
import { openStores } from '../stores/open-stores.js';
import type { OpenStores } from '../stores/opened-stores.js';
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
  try {
    const to = await openStores(urls[1], io);
    const report = await copyBetween(from, to, io).finally(to.close);
    present(this, flags, report, () => describe(report));
    requireComplete(report);
  } finally {
    // A connection that is left open would keep the process from ending.
    await from.close();
  }
}

/** Ends by itself when the user wants an end, with no session half copied. */
async function copyBetween(from: OpenStores, to: OpenStores, io: CliIo): Promise<CopyReport> {
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
    return await copySessions(from, to, { signal: io.signal, onProgress });
  } finally {
    progress.end();
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
