import assert from 'node:assert/strict';
import { findDifference } from '../domain/values/same-value.js';

/**
 * Asserts that two values are the same in all that a store promises to keep; unlike `assert.deepStrictEqual`, also for
 * invalid dates, and for the stacks and hidden properties of errors.
 *
 * @example
 * assertSameValue(await store.load(contextId), state);
 *
 * @throws AssertionError with the path to the first difference.
 */
export function assertSameValue(actual: unknown, expected: unknown, path = 'value'): void {
  const difference = findDifference(actual, expected, path);
  if (difference !== null) assert.fail(difference);
}
