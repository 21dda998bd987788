import test from 'node:test';
import { agentStoreContract } from '../../src/testing/index.js';
import { createMemoryBackend } from '../backends/memory-backend.js';

for (const { name, run } of agentStoreContract(createMemoryBackend)) test(name, run);
