import assert from 'node:assert/strict';
import { bytesOf, isBinary } from '../binary-values.js';

/**
 * Asserts that two values are the same in all that a store promises to keep; unlike `assert.deepStrictEqual`, also for
 * invalid dates, and for the stacks and hidden properties of errors.
 *
 * @throws AssertionError with the path to the first difference.
 */
export function assertSameValue(actual: unknown, expected: unknown, path = 'value'): void {
  if (typeof expected !== 'object' || expected === null) {
    assert.ok(Object.is(actual, expected), `${path} is not what it was`);
    return;
  }
  assert.ok(typeof actual === 'object' && actual !== null, `${path} is no object any more`);
  const classes = [Object.getPrototypeOf(actual), Object.getPrototypeOf(expected)];
  assert.equal(classes[0], classes[1], `${path} is of another class`);
  assertSameContent(actual, expected, path);
}

function assertSameContent(actual: object, expected: object, path: string): void {
  if (expected instanceof Date && actual instanceof Date) {
    assertSameValue(actual.getTime(), expected.getTime(), `${path}.getTime()`);
  } else if (expected instanceof URL && actual instanceof URL) {
    assert.equal(actual.href, expected.href, `${path} is another URL`);
  } else if (expected instanceof Map && actual instanceof Map) {
    assertSameValue([...actual], [...expected], `${path}.entries()`);
  } else if (expected instanceof Set && actual instanceof Set) {
    assertSameValue([...actual], [...expected], `${path}.values()`);
  } else {
    assertSameProperties(actual, expected, path);
  }
}

function assertSameProperties(actual: object, expected: object, path: string): void {
  if (isBinary(expected) && isBinary(actual)) {
    assert.deepEqual(bytesOf(actual), bytesOf(expected), `${path} has other bytes`);
    return;
  }
  const names = Object.getOwnPropertyNames(expected);
  assert.deepEqual(
    Object.getOwnPropertyNames(actual).sort(),
    [...names].sort(),
    `${path} has other properties`,
  );
  for (const name of names) {
    assertSameValue(
      Reflect.get(actual, name),
      Reflect.get(expected, name),
      `${path}[${JSON.stringify(name)}]`,
    );
  }
}
