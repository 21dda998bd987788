import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { agentStoreContract } from '../../src/testing/index.js';
import { createMemoryBackend } from '../backends/memory-backend.js';

it('the contract runs with node:test as well', async () => {
  const file = new URL('./memory.node-test.ts', import.meta.url).pathname;
  const args = ['--import', 'tsx', '--test', '--test-reporter', 'tap', file];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toContain(`# pass ${agentStoreContract(createMemoryBackend).length}\n`);
  expect(stdout).toContain('# fail 0\n');
});
