import type { RecordKey } from '../key-schema.js';
import { PartKeys } from '../store/part-keys.js';
import { partsOf } from './build-head.js';
import type { Ref } from './head.js';
import { corrupted, type MessageCore } from './message-core.js';
import { namesOfRef, readRefs, readRefsLeft } from './message-parts.js';
import { type Look, readHistory } from './read-history.js';

/**
 * The names of all records that a head leads to, those that it has replaced included.
 *
 * @throws AgentStoreError `CORRUPTED` if one that leads to others cannot be read.
 */
export async function namesInHistory(core: MessageCore, key: RecordKey): Promise<string[]> {
  const { agentId, partKeyPrefix } = core.settings;
  const ids = { agentId, contextId: key.sort };
  const history = { ids, key, parts: new PartKeys(partKeyPrefix, 'history', key), agent: undefined };
  return readHistory(core, history, async (look) => {
    const { refs, summary, replaced } = look.head;
    const needed = await namesUnder([...refs, ...partsOf(summary)], (ref) => readNeeded(look, ref));
    // What was replaced may be gone already, what is below it always before it.
    return [...needed, ...(await namesUnder(replaced, (ref) => readRefsLeft(core, history, ref)))];
  });
}

function readNeeded({ core, history, unreadable }: Look, ref: Ref): Promise<Ref[]> {
  if (unreadable.has(ref.name)) throw corrupted(history.key, undefined);
  return readRefs(core, history, ref);
}

/** The names of the records of parts, and of all that is below them. */
export async function namesUnder(
  refs: readonly Ref[],
  read: (ref: Ref) => Promise<Ref[]>,
): Promise<string[]> {
  const names = await Promise.all(
    refs.map(async (ref) => {
      return [...namesOfRef(ref), ...(ref.level > 0 ? await namesUnder(await read(ref), read) : [])];
    }),
  );
  return names.flat();
}
