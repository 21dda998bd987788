import superjson from 'superjson';
import { describe, expect, it } from 'vitest';
import { defaultSerializer } from '../../src/domain/default-serializer.js';
import { formatNotesPath, parseNotesPath } from '../../src/domain/values/path.js';
import { AnnotatedData, type PlainData } from '../../src/domain/values/plain-data.js';
import { fromStateText, toStateText } from '../../src/domain/values/text.js';
import { createState } from '../../src/testing/fixtures.js';
import { encode } from './encode.js';

const ids = { agentId: 'a', contextId: 'c' };

describe('the notes', () => {
  it.each([[['']], [['a', 'b']], [['a.b', 'c\\d']], [['\\.', '', '.']], [['🙂\\', '\ud800.']]])(
    'name a place so that it is found again: %j',
    (path) => {
      expect(parseNotesPath(formatNotesPath(path))).toEqual(path);
    },
  );

  it('are those of superjson: it restores the text by itself', async () => {
    const state = createState(1, {
      metadata: {
        'a.b': new Map([['k', new Set([1n])]]),
        list: [undefined, new Date(0)],
        url: new URL('http://a/b'),
      },
    });
    const text = toStateText(await encode(state));
    expect(superjson.parse(String(text))).toEqual(state);
  });

  it('name a place whose key is __proto__, too', async () => {
    const state = Object.defineProperty(createState(1), '__proto__', {
      value: new Set([1]),
      enumerable: true,
    });
    const encoded = await encode(state);
    const read = await defaultSerializer.deserialize(fromStateText(String(toStateText(encoded))), ids);
    expect(Object.getOwnPropertyDescriptor(read, '__proto__')?.value).toEqual(new Set([1]));
  });

  it.each<[string, PlainData, PlainData]>([
    ['an unknown error class', ['Nonsense', [], []], ['custom', 'error']],
    ['an error that is no list', 'Error', ['custom', 'error']],
    ['binary data of an unknown class', ['Blob', ''], ['custom', 'binary']],
    ['a bigint that is none', '1n', 'bigint'],
    ['entries that are none', [1], ['custom', 'entries']],
    ['a date that is none', 5, 'Date'],
    ['a map without entries', [1], 'map'],
    ['a set that is no list', 'ab', 'set'],
    ['a URL that is none', 'secret', 'URL'],
    ['a number that JSON has', '1', 'number'],
    ['a type that is not known', 'a', 'symbol'],
    ['a regular expression that is none', 'secret', 'regexp'],
    ['a regular expression without a meaning', '/(secret/', 'regexp'],
    ['a started one that is none', ['/a/', 1, '(/'].join(), ['custom', 'regexp']],
  ])('are refused where they do not fit: %s', async (_, value, kind) => {
    const data = { status: 'idle', turnCount: 1, value };
    const annotated = new AnnotatedData(data, { values: { value: [kind] }, v: 1 });
    await expect(async () => defaultSerializer.deserialize(annotated, ids)).rejects.toThrow(/stored/);
  });

  it('are refused where they are no notes', () => {
    const annotated = new AnnotatedData({}, 'notes');
    expect(() => defaultSerializer.deserialize(annotated, ids)).toThrow(TypeError);
    expect(() => defaultSerializer.deserialize(fromStateText('{"json":5}'), ids)).toThrow(TypeError);
    const without = new AnnotatedData({ value: 1 }, { values: { value: 'Date' }, v: 1 });
    expect(() => defaultSerializer.deserialize(without, ids)).toThrow(TypeError);
    const nowhere = new AnnotatedData({ value: 1 }, { values: { 'value.0': ['Date'] }, v: 1 });
    expect(() => defaultSerializer.deserialize(nowhere, ids)).toThrow(RangeError);
    const inherited = new AnnotatedData(
      { value: 1 },
      { values: { '__proto__.polluted': ['undefined'] }, v: 1 },
    );
    expect(() => defaultSerializer.deserialize(inherited, ids)).toThrow(RangeError);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});
