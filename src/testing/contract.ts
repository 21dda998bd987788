import type { CreateBackend } from './backend.js';
import { type ContractCase, toContractCases } from './contract-case.js';
import { expiryCases } from './expiry-cases.js';
import { corruptionCases, failureCases } from './failure-cases.js';
import { ids } from './fixtures.js';
import { holderCases } from './holder-cases.js';
import { keyCases } from './key-cases.js';
import { orderCases } from './order-cases.js';
import { peekCases } from './peek-cases.js';
import { createdCases, lastWriteWinsCases, lineageCases, revisionCases } from './revision-cases.js';
import { valueCases } from './value-cases.js';

const cases = {
  ...valueCases,
  ...keyCases,
  ...createdCases,
  ...revisionCases,
  ...lineageCases,
  ...holderCases,
  ...orderCases,
  ...lastWriteWinsCases,
  ...peekCases,
  ...expiryCases,
  ...corruptionCases,
  ...failureCases,
};

/**
 * The promises of the `AgentStore` port as tests, on `node:assert`, for any runner. Each case makes a backend of its own.
 *
 * @example
 * // vitest
 * describe.each(agentStoreContract(createBackend))('my store', ({ name, run }) => it(name, run));
 *
 * @example
 * // node:test
 * for (const { name, run } of agentStoreContract(createBackend)) test(name, run);
 */
export function agentStoreContract(createBackend: CreateBackend): ContractCase[] {
  return toContractCases(cases, createBackend, (options) => ({ agentId: ids.agentId, ...options }));
}
