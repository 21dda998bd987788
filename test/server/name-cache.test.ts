import { expect, it, vi } from 'vitest';
import { NameCache } from '../../src/server/turn/name-cache.js';

const createCache = () => {
  const make = vi.fn((name: string) => name.length);
  return { cache: new NameCache(make), make };
};

it('makes what belongs to a name once', () => {
  const { cache, make } = createCache();
  for (const name of ['a', 'bc', 'a', 'bc', '', '']) expect(cache.of(name)).toBe(name.length);
  expect(make.mock.calls).toEqual([['a'], ['bc'], ['']]);
});

it('keeps no long name, and not more than a thousand', () => {
  const { cache, make } = createCache();
  const isKept = (name: string) => {
    cache.of(name);
    make.mockClear();
    cache.of(name);
    return make.mock.calls.length === 0;
  };
  expect([64, 65].map((length) => isKept('n'.repeat(length)))).toEqual([true, false]);
  const areKept = Array.from({ length: 1_001 }, (_, index) => isKept(`${index}`));
  expect([areKept.indexOf(false), areKept.lastIndexOf(true)]).toEqual([999, 998]);
});
