import type { AgentState } from './agent-state.js';
import type { StateIds } from './key-schema.js';

/**
 * What every backend can keep: the values of JSON.
 *
 * @example
 * const plain: PlainData = { turnCount: 1, names: ['Ada', null] };
 */
export type PlainData =
  | null
  | boolean
  | number
  | string
  | readonly PlainData[]
  | { readonly [key: string]: PlainData };

/**
 * Plain data that anyone can read, with notes beside it that say what it was.
 *
 * A backend keeps the two apart where it can, so that code which knows nothing of the notes can read the data.
 *
 * @example
 * const annotated = new AnnotatedData({ at: '2026-01-02T03:04:05.678Z' }, { at: 'a date' });
 */
export class AnnotatedData {
  constructor(
    readonly data: PlainData,
    readonly notes: PlainData,
  ) {}
}

/**
 * A value in a state that JSON does not have, such as a date, `undefined` or a `Map`, and the keys that lead to it.
 *
 * @example
 * const found: ValueBeyondJson = { path: ['metadata', 'seen'], value: new Set(['Ada']) };
 */
export interface ValueBeyondJson {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/**
 * What a serializer makes of a state.
 *
 * @example
 * const isText = (data: SerializedState) => !(data instanceof Uint8Array);
 */
export type SerializedState = PlainData | AnnotatedData | Uint8Array;

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
  /** A store gives `beyondJson`, the values that keep the state from being JSON, so that nobody need look for them again. */
  serialize(
    state: AgentState,
    ids: StateIds,
    beyondJson?: readonly ValueBeyondJson[],
  ): SerializedState | Promise<SerializedState>;
  /** The state, or a promise of it. The store checks the required fields; whatever throws here is `CORRUPTED`. */
  deserialize(data: SerializedState, ids: StateIds): unknown;
}
