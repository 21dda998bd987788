import { copyState } from '../../domain/state-copy.js';
import type { StateSerializer, ValueBeyondJson } from '../../domain/state-serializer.js';
import { decodeState } from './decode-state.js';
import { encodeState } from './encode-state.js';

/**
 * The default serializer: plain JSON with ISO dates, and superjson's notes beside it that say what else a value was. A state
 * whose only such values are `createdAt` and `lastActivity` has no notes.
 *
 * superjson itself reads it, and writes the same, only slower; the tests hold the two to each other.
 */
export const superjsonSerializer: StateSerializer = {
  serialize(state, _ids, beyondJson) {
    if (beyondJson !== undefined) return encodeState(state, beyondJson);
    const found: ValueBeyondJson[] = [];
    return encodeState(copyState(state, found), found);
  },
  deserialize: decodeState,
};
