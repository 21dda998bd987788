import type { CreateBackend, TurnContractBackend } from './backend.js';
import { type ContractCase, toContractCases } from './contract-case.js';
import { ids } from './fixtures.js';
import { cancelCases } from './turns/cancel-cases.js';
import { failureCases } from './turns/failure-cases.js';
import { idempotencyCases } from './turns/idempotency-cases.js';
import { interruptionCases } from './turns/interruption-cases.js';
import { leaseCases } from './turns/lease-cases.js';
import { listingCases } from './turns/listing-cases.js';
import { logCases } from './turns/log-cases.js';
import { ownerCases } from './turns/owner-cases.js';

const cases = {
  ...leaseCases,
  ...cancelCases,
  ...logCases,
  ...interruptionCases,
  ...idempotencyCases,
  ...ownerCases,
  ...listingCases,
  ...failureCases,
};

/**
 * The promises of the `TurnStore` port as tests, on `node:assert`, for any runner. Each case makes a backend of its own.
 *
 * @example
 * // vitest
 * describe.each(turnStoreContract(createTurnBackend))('my store', ({ name, run }) => it(name, run));
 */
export function turnStoreContract(createBackend: CreateBackend<TurnContractBackend>): ContractCase[] {
  return toContractCases(cases, createBackend, (options) => ({ agentId: ids.agentId, ...options }));
}
