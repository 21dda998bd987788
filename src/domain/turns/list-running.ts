import { AgentStoreError } from '../errors.js';
import type { RunningTurn } from '../turn-store.js';
import { isHeld, readLease, toRunningTurn } from './lease.js';
import { type TurnCore, toPartition } from './turn-core.js';

const pageSize = 100;

/** The turns of all sessions that run now. @throws AgentStoreError `CONFIGURATION` if the backend cannot list its records. */
export async function listRunning(core: TurnCore): Promise<RunningTurn[]> {
  const { records, settings } = core;
  if (records.keys === undefined)
    throw new AgentStoreError(
      'CONFIGURATION',
      'The backend cannot list its records: it has no method "keys".',
    );
  const running: RunningTurn[] = [];
  let after: string | undefined;
  do {
    const options = { prefix: settings.leaseKeyPrefix, after, limit: pageSize };
    const page = await records.keys(toPartition(core), options);
    // A page may have any number of them.
    for (let start = 0; start < page.keys.length; start += pageSize) {
      const keys = page.keys.slice(start, start + pageSize);
      const found = await Promise.all(keys.map((sort) => findRunning(core, sort)));
      running.push(...found.flat());
    }
    after = page.next;
  } while (after !== undefined);
  return running;
}

async function findRunning(core: TurnCore, sort: string): Promise<RunningTurn[]> {
  const contextId = sort.slice(core.settings.leaseKeyPrefix.length);
  const lease = await readLease(core, contextId);
  return lease !== null && isHeld(lease, core.settings.now()) ? [toRunningTurn(contextId, lease)] : [];
}
