import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { findDifference, findDifferenceOfCopy } from '../../src/domain/values/same-value.js';

class Own extends Error {
  override readonly name = 'Own';
}

const own = new Own('one');
const loaded = Object.assign(new Error('one'), { stack: own.stack, name: 'Own' });

describe('the difference of two values', () => {
  it.each<[string, unknown, unknown, string | null]>([
    ['dates of two realms', new Date(1), runInNewContext('new Date(1)'), null],
    ['lists of two realms', [1], runInNewContext('[1]'), null],
    ['objects of two realms', { a: 1 }, runInNewContext('({ a: 1 })'), null],
    ['an object for a list', { 0: 1 }, [1], 'value is of another class'],
    ['an instance for an object', new (class {})(), {}, 'value is of another class'],
    ['one key for another', { a: 1 }, { b: 1 }, 'value has other properties'],
    ['a map for a set', new Map(), new Set(), 'value is of another class'],
    ['typed arrays of two classes', new Int8Array(1), new Uint8Array(1), 'value is of another class'],
    ['an error for one of a class', loaded, own, null],
    ['an error of another class', new TypeError('one'), own, 'value is of another class'],
    ['text for an object', 'a', {}, 'value is no object any more'],
    ['one pattern for another', /a/g, /a/i, 'value is not what it was'],
    ['a date that is none for one', new Date(Number.NaN), new Date(1), 'value is not what it was'],
  ])('is found between %s', (_, actual, expected, difference) => {
    expect(findDifference(actual, expected, 'value')).toBe(difference);
  });

  it('includes the class of an error that a copy has lost', () => {
    expect(findDifferenceOfCopy(loaded, own, 'value')).toBe('value is of another class');
    const elsewhere: unknown = runInNewContext(`Object.assign(new TypeError('a'), { stack: 's' })`);
    const copy = Object.assign(new TypeError('a'), { stack: 's' });
    expect(findDifferenceOfCopy(copy, elsewhere, 'value')).toBe(null);
  });
});
