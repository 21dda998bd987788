import { describe, it } from 'vitest';
import {
  agentStoreContract,
  messageStoreContract,
  sessionListContract,
  turnStoreContract,
} from '../../src/testing/index.js';
import {
  createMemoryBackend,
  createMemoryMessageBackend,
  createMemoryTurnBackend,
} from '../backends/memory-backend.js';

describe('the memory store', () => {
  for (const { name, run } of agentStoreContract(createMemoryBackend)) it(name, run);
});

describe('the memory store that lists', () => {
  for (const { name, run } of sessionListContract(createMemoryBackend)) it(name, run);
});

describe('the memory message store', () => {
  for (const { name, run } of messageStoreContract(createMemoryMessageBackend)) it(name, run);
});

describe('the memory turn store', () => {
  for (const { name, run } of turnStoreContract(() => createMemoryTurnBackend())) it(name, run);
});
