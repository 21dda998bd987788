import { describe, it } from 'vitest';
import { agentStoreContract } from '../../src/testing/index.js';
import { createMemoryBackend } from '../backends/memory-backend.js';

describe('the memory store', () => {
  for (const { name, run } of agentStoreContract(createMemoryBackend)) it(name, run);
});
