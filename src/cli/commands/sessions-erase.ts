import { AgentStoreError } from '../../domain/errors.js';
import { type EraseReceipt, eraseSession, verifyErased } from '../../domain/sessions/erase-session.js';
import { type CliContext, present } from '../context.js';
import { Progress } from '../output/progress.js';
import { requireYes } from '../require-yes.js';
import type { YesFlags } from '../routes/parameters.js';
import { withStores } from '../stores/with-stores.js';

export interface EraseFlags extends YesFlags {
  readonly verify: boolean;
}

export async function erase(
  this: CliContext,
  flags: EraseFlags,
  url: string,
  contextId: string,
): Promise<void> {
  if (!flags.verify) requireYes(flags, `removes everything that is kept of "${contextId}"`);
  const progress = new Progress(this.io);
  const { signal } = this.io;
  const receipt = await withStores(this, url, async (stores) => {
    if (flags.verify) return verifyErased(stores, contextId);
    const onProgress = ({ step }: { readonly step: string }) => progress.show(`Erasing: ${step}`);
    return eraseSession(stores, contextId, { signal, onProgress });
  }).finally(() => progress.end());
  present(this, flags, receipt, () => describe(receipt, flags.verify));
  if (receipt.complete) return;
  const says = `Something of "${contextId}" is there. It may have been begun anew; erase it again.`;
  throw new AgentStoreError('CONFLICT', says);
}

function describe(receipt: EraseReceipt, isLook: boolean): string {
  const { contextId, removed, remaining, complete, fencedUntil } = receipt;
  if (isLook)
    return complete ? `Nothing is kept of "${contextId}".` : `Still there: ${formatRecords(remaining)}.`;
  return `Removed of "${contextId}": ${formatRecords(removed)}. Late writers are refused until ${fencedUntil}.`;
}

function formatRecords(records: EraseReceipt['found']): string {
  const some = Object.entries(records).filter(([, count]) => count > 0);
  return some.length === 0 ? 'nothing' : some.map(([kind, count]) => `${count} ${toWords(kind)}`).join(', ');
}

/** `eventParts` becomes `event parts`. */
function toWords(name: string): string {
  return name.replace(/([A-Z])/g, ' $1').toLowerCase();
}
