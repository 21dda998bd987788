import type { CreateBackend, SessionListBackend } from './backend.js';
import { type ContractCase, toContractCases } from './contract-case.js';
import { ids } from './fixtures.js';
import { sessionListCases } from './session-list-cases.js';

/**
 * What `listSessions` promises as tests, on `node:assert`, for any runner: for agent stores whose backend can list its records. Each
 * case makes a backend of its own.
 *
 * @example
 * // vitest
 * describe.each(sessionListContract(createListBackend))('my store', ({ name, run }) => it(name, run));
 */
export function sessionListContract(createBackend: CreateBackend<SessionListBackend>): ContractCase[] {
  return toContractCases(sessionListCases, createBackend, (options) => ({
    agentId: ids.agentId,
    ...options,
  }));
}
