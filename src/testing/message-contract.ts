import type { CreateBackend, MessageContractBackend } from './backend.js';
import { type ContractCase, toContractCases } from './contract-case.js';
import { ids } from './fixtures.js';
import { appendCases } from './messages/append-cases.js';
import { compactCases } from './messages/compact-cases.js';
import { limitCases } from './messages/limit-cases.js';
import { readCases } from './messages/read-cases.js';

const cases = { ...appendCases, ...readCases, ...compactCases, ...limitCases };

/**
 * The promises of the `MessageStore` port as tests, on `node:assert`, for any runner. Each case makes a backend of its own.
 *
 * @example
 * // vitest
 * describe.each(messageStoreContract(createMessageBackend))('my store', ({ name, run }) => it(name, run));
 */
export function messageStoreContract(createBackend: CreateBackend<MessageContractBackend>): ContractCase[] {
  return toContractCases(cases, createBackend, (options) => ({ agentId: ids.agentId, ...options }));
}
