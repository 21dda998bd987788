import { listKeys } from '../list-keys.js';
import { requireRange, toSession } from '../store/list-sessions.js';
import { toPartition } from '../turns/turn-core.js';
import type { SessionCores } from './session-stores.js';

/** The ids of all sessions that have a state, a history or an owner, each once, some at a time; those included that have expired. */
export async function* listContextIds({
  states,
  messages,
  turns,
}: SessionCores): AsyncGenerator<readonly string[]> {
  const seen = new Set<string>();
  const takeNew = (contextId: string | undefined) => {
    if (contextId === undefined || seen.has(contextId)) return [];
    seen.add(contextId);
    return [contextId];
  };
  for (const core of [states, messages]) {
    const { partition, prefix } = requireRange(core);
    for await (const keys of listKeys(core.records, partition, prefix))
      yield keys.flatMap((sort) => takeNew(toSession(core, sort)?.ids.contextId));
  }
  const { ownerKeyPrefix } = turns.settings;
  for await (const keys of listKeys(turns.records, toPartition(turns), ownerKeyPrefix))
    yield keys.flatMap((sort) => takeNew(sort.slice(ownerKeyPrefix.length)));
}
