import { type AgentState, findInvalidField, isAgentState } from './agent-state.js';
import { isAgentStoreError } from './errors.js';
import { copyValue } from './values/copy-value.js';
import { isRecord } from './values/objects.js';
import { unserializable } from './values/walk.js';

/**
 * Copies a state, and checks that all of it can be kept. The copy shares nothing with it.
 *
 * @throws AgentStoreError `UNSERIALIZABLE`, with the path, if it holds what cannot be kept, or a required field is missing.
 */
export function copyState(state: unknown): AgentState {
  return requireState(copyValue(requireState(state), 'state'));
}

/** @throws AgentStoreError `UNSERIALIZABLE` for anything but a plain object with the required fields. */
export function requireState(value: unknown): AgentState {
  try {
    if (!isRecord(value)) throw unserializable('state', 'is not a plain object');
    if (isAgentState(value)) return value;
    throw unserializable(`state.${findInvalidField(value)}`, 'is missing or has another type');
  } catch (cause) {
    throw isAgentStoreError(cause) ? cause : unserializable('state', 'cannot be read', cause);
  }
}
