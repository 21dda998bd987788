import type { AgentState } from '../agent-state.js';
import { encodeState } from '../default-serializer.js';
import { requireState } from '../state-copy.js';
import { copyAgain, copyMeasured } from '../values/copy-value.js';
import type { SerializedData } from '../values/plain-data.js';
import type { Snapshot } from '../values/snapshot.js';

/**
 * A state for a backend in this process. A copy is the same as what the default serializer restores of what it has made, to which a
 * property test holds it.
 */
export class StateSnapshot implements Snapshot {
  readonly maxBytes: number;
  readonly #state: AgentState;

  /** @throws AgentStoreError `UNSERIALIZABLE`, with the path, if the state holds what cannot be kept. */
  constructor(state: AgentState) {
    const { copy, maxBytes } = copyMeasured(state, 'state');
    this.#state = requireState(copy);
    this.maxBytes = maxBytes;
  }

  copy(): AgentState {
    return copyAgain(this.#state);
  }

  toData(): SerializedData {
    return encodeState(this.#state);
  }
}
