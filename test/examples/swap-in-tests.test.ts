import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
// Its tests are part of this file's.
import '../../examples/swap-in-tests/refund-agent.vitest.js';

it('the test of a user passes with node:test', async () => {
  const file = new URL('../../examples/swap-in-tests/refund-agent.node-test.ts', import.meta.url).pathname;
  const args = ['--import', 'tsx', '--test', '--test-reporter', 'tap', file];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toContain('# pass 2\n');
  expect(stdout).toContain('# fail 0\n');
});
