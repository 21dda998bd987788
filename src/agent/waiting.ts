import { type AgentState, isResumable } from '../domain/agent-state.js';
import type { OpenQuestion } from './journal.js';

/** What a state says of the answers that its turn waits for. */
type Waits = Pick<AgentState, 'status' | 'pendingToolInputs' | 'pendingAuthRequests'>;

export const nothingWaits = { pendingToolInputs: undefined, pendingAuthRequests: undefined };

/** The state of a turn that has asked. It names all that is asked, and nothing that was answered. */
export function whatWaits(questions: readonly OpenQuestion[]): Waits {
  const inputs = questions.flatMap(({ input }) => input ?? []);
  const requests = questions.flatMap(({ request }) => request ?? []);
  return {
    status: inputs.length > 0 ? 'waiting-input' : 'waiting-auth',
    pendingToolInputs: inputs.length > 0 ? inputs : undefined,
    pendingAuthRequests: requests.length > 0 ? requests : undefined,
  };
}

/** The status of a session in which no turn runs. */
export function restingStatus(state: AgentState): AgentState['status'] {
  if ((state.pendingToolInputs ?? []).length > 0) return 'waiting-input';
  return isResumable(state) ? 'waiting-auth' : 'idle';
}
