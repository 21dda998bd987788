import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Whatever one agent does, from the call of its factory to its shutdown: a store that is called inside counts as that
 * agent's own holder, so that one store object serves all agents.
 */
export interface AgentScope {
  /** True once the agent has been stopped: whatever it still saves is a `CONFLICT`. */
  readonly isRevoked: boolean;
}

const slot = Symbol.for('@looopy-ai/aws/agent-scope');

/** The same for every copy of this package in a process: one may run the server, and another one keep the store. */
const scopes = findOrCreate();

/** The scope that the calling code runs in; `undefined` outside of one. */
export function currentAgentScope(): AgentScope | undefined {
  return scopes.getStore();
}

export function runInAgentScope<Result>(scope: AgentScope, work: () => Result): Result {
  return scopes.run(scope, work);
}

/** Does work that belongs to no agent. */
export function runOutsideAgentScope<Result>(work: () => Result): Result {
  return scopes.exit(work);
}

function findOrCreate(): AsyncLocalStorage<AgentScope> {
  const known: unknown = Reflect.get(globalThis, slot);
  if (known instanceof AsyncLocalStorage) return known;
  const created = new AsyncLocalStorage<AgentScope>();
  Object.defineProperty(globalThis, slot, { value: created });
  return created;
}
