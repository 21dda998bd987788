export type {
  ContractBackend,
  ContractStoreOptions,
  CreateBackend,
  MessageContractBackend,
  MessageContractOptions,
  SessionListBackend,
  TurnContractBackend,
  TurnContractOptions,
} from './backend.js';
export { agentStoreContract } from './contract.js';
export type { ContractCase } from './contract-case.js';
export { Faults } from './faults.js';
export { messageStoreContract } from './message-contract.js';
export { assertSameValue } from './same-value.js';
export { sessionListContract } from './session-list-contract.js';
export { turnStoreContract } from './turn-contract.js';
