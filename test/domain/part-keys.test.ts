import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPartName, nameOfPart, PartKeys, timeOfPart } from '../../src/domain/store/part-keys.js';
import { runs } from '../property/options.js';

describe('the name of a part', () => {
  it('says when it was written, if it is of this form', () => {
    const hour = 3_600_000;
    for (const time of [0, 1, hour - 1, hour, 1_800_000_000_000, 1_800_000_000_000.5]) {
      const latest = timeOfPart(`${createPartName(time, 'Ab-_9')}-0`) ?? 0;
      expect([latest > time, latest <= time + hour]).toEqual([true, true]);
    }
    for (const name of [createPartName(-1, 'x'), '0000.x-0']) expect(timeOfPart(name)).toBe(hour);
    for (const name of ['Ab-_9-0', 'short.x', '0000.x.y', '-000.x', '0000~x~y', '0000x'])
      expect(timeOfPart(name)).toBeUndefined();
  });
});

describe('the key of a part', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '#', '~', '.', '\n', 'event', '🦜'), maxLength: 4 });
  const kind = fc.constantFrom('state', 'history', 'events');

  it('is of one part alone, whatever it belongs to, and has its name at the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(kind, text), { minLength: 2, maxLength: 6 }), async (wholes) => {
        const name = `${createPartName(0, 'Ab-_9')}-0`;
        const different = new Map(wholes.map((whole) => [JSON.stringify(whole), whole]));
        const sorts = await Promise.all(
          [...different.values()].map(async ([of, sort]) => {
            const toKey = new PartKeys('part#', of, { partition: 'p', sort }).byName();
            return toKey(name).sort;
          }),
        );
        expect(new Set(sorts).size).toBe(different.size);
        for (const sort of sorts) {
          expect(sort.length).toBe('part#'.length + 23 + name.length);
          expect(nameOfPart(sort.slice('part#'.length))).toBe(name);
        }
      }),
      runs(),
    );
  });

  it('is what an earlier build has made of its name', async () => {
    const toKey = new PartKeys('part#', 'state', { partition: 'p', sort: 's' }).byName();
    for (const name of ['0000.Ab-_9-0', 'Ab-_9-0', `${'x'.repeat(22)}-0`]) {
      expect(toKey(name)).toEqual({ partition: 'p', sort: `part#${name}` });
      expect(nameOfPart(name)).toBe(name);
    }
  });
});
