import { sharedStorage } from './shared-storage.js';

/**
 * Marks all calls of one agent, from its factory to its shutdown. A store keeps what it has seen for each scope apart, so that
 * every agent is a holder of its own although all of them use one store object.
 */
export interface AgentScope {
  /** True once the agent has been stopped: any write it makes from then on is a `CONFLICT`. */
  readonly isRevoked: boolean;
  /** The token of the lease that the turn runs under, which grows with each turn; absent without a lease. */
  readonly fencingToken?: number | undefined;
}

/** Shared by all copies of this package in a process: the server may be of one copy, and the store of another. */
const scopes = sharedStorage<AgentScope | undefined>('agent-scope');

/** The scope that the calling code runs in; `undefined` outside of one. */
export function currentAgentScope(): AgentScope | undefined {
  return scopes.getStore();
}

export function runInAgentScope<Result>(scope: AgentScope, work: () => Result): Result {
  return scopes.run(scope, work);
}

/** Does work that belongs to no agent. Not by `exit`, which stops the hooks of the storage on Node before 24 and starts them again. */
export function runOutsideAgentScope<Result>(work: () => Result): Result {
  return scopes.run(undefined, work);
}
