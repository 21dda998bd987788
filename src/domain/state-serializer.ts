import type { AgentState } from './agent-state.js';
import type { StateIds } from './key-schema.js';
import type { SerializedData } from './values/plain-data.js';

/**
 * Turns a state into data a backend can keep, and back.
 *
 * Both methods may be asynchronous, and both own what they are given: the state is a checked copy that nobody else
 * holds, and so is the data, which is what `serialize` returned, or what an earlier release stored.
 *
 * @example
 * // Encrypted before it leaves the process; the ids are authenticated with it.
 * const serializer: StateSerializer = {
 *   serialize: (state, ids) => encrypt(v8.serialize(state), JSON.stringify(ids)),
 *   deserialize: (data, ids) => v8.deserialize(decrypt(data, JSON.stringify(ids))),
 * };
 */
export interface StateSerializer {
  /**
   * True if `serialize` checks and copies the state itself, before it first waits. It is then given the state that is saved,
   * and not a checked copy, and may keep what no copy would: instances of classes of your own.
   *
   * @defaultValue `false`
   */
  readonly copiesState?: boolean;
  /** Called at once when a state is saved. Whatever throws here is `UNSERIALIZABLE`, and nothing is written. */
  serialize(state: AgentState, ids: StateIds): SerializedData | Promise<SerializedData>;
  /** The state, or a promise of it. The store checks the required fields; whatever throws here is `CORRUPTED`. */
  deserialize(data: SerializedData, ids: StateIds): unknown;
}
