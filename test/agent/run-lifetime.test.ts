import { expect, it } from 'vitest';
import { RunLifetime } from '../../src/agent/run-lifetime.js';

it('goes by the first failure', () => {
  const lifetime = new RunLifetime();
  const failures = ['first', 'second'].map((message) => new Error(message));
  for (const failure of failures) lifetime.fail(failure);
  lifetime.close();
  expect(() => lifetime.throwIfFailed()).toThrow('first');
  expect(lifetime.signal.reason).toBe(failures[0]);
});
