import type { AgentState } from './agent-state.js';
import type { StateIds } from './key-schema.js';
import type { SerializedData } from './values/plain-data.js';

/**
 * Turns a value into data a backend can keep, and back: a state, or the messages of one append as `{ messages }`.
 *
 * Both methods may be asynchronous, and both own what they are given: the value is a checked copy that nobody else
 * holds, and so is the data, which is what `serialize` returned, or what an earlier release stored.
 *
 * @example
 * // Encrypted before it leaves the process; the ids are authenticated with it.
 * const serializer: Serializer = {
 *   serialize: (value, ids) => encrypt(v8.serialize(value), JSON.stringify(ids)),
 *   deserialize: (data, ids) => v8.deserialize(decrypt(data, JSON.stringify(ids))),
 * };
 */
export interface Serializer<Value extends object = object> {
  /**
   * True if `serialize` checks and copies the value itself, before it first waits. It is then given what is saved,
   * and not a checked copy, and may keep what no copy would: instances of classes of your own.
   *
   * @defaultValue `false`
   */
  readonly copiesState?: boolean;
  /** Called at once when a value is saved. Whatever throws here is `UNSERIALIZABLE`, and nothing is written. */
  serialize(value: Value, ids: StateIds): SerializedData | Promise<SerializedData>;
  /** The value, or a promise of it. The store checks the required fields; whatever throws here is `CORRUPTED`. */
  deserialize(data: SerializedData, ids: StateIds): unknown;
}

/**
 * Turns a state into data a backend can keep, and back.
 *
 * @example
 * const serializer: StateSerializer = {
 *   serialize: (state, ids) => encrypt(v8.serialize(state), JSON.stringify(ids)),
 *   deserialize: (data, ids) => v8.deserialize(decrypt(data, JSON.stringify(ids))),
 * };
 */
export type StateSerializer = Serializer<AgentState>;
