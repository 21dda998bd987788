import { listKeys } from '../list-keys.js';
import type { RunningTurn } from '../turn-store.js';
import { isHeld, readLease, toRunningTurn } from './lease.js';
import { type TurnCore, toPartition } from './turn-core.js';

/** The turns of all sessions that run now. @throws AgentStoreError `CONFIGURATION` if the backend cannot list its records. */
export async function listRunning(core: TurnCore): Promise<RunningTurn[]> {
  const running: RunningTurn[] = [];
  for await (const keys of listKeys(core.records, toPartition(core), core.settings.leaseKeyPrefix)) {
    const found = await Promise.all(keys.map((sort) => findRunning(core, sort)));
    running.push(...found.flat());
  }
  return running;
}

async function findRunning(core: TurnCore, sort: string): Promise<RunningTurn[]> {
  const contextId = sort.slice(core.settings.leaseKeyPrefix.length);
  const lease = await readLease(core, contextId);
  return lease !== null && isHeld(lease, core.settings.now()) ? [toRunningTurn(contextId, lease)] : [];
}
