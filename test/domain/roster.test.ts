import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Place, Roster } from '../../src/domain/roster.js';

it('has those that came and did not leave, in whatever order they do', () => {
  const step = fc.oneof(fc.constant('add'), fc.nat(20));
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const roster = new Roster<number>();
      const places: Place<number>[] = [];
      const there = new Set<number>();
      for (const each of steps) {
        const place = typeof each === 'number' ? places[each] : undefined;
        if (place !== undefined) expect(roster.remove(place)).toBe(there.delete(place.member));
        else {
          there.add(places.length);
          places.push(roster.add(places.length));
        }
        expect(roster.size).toBe(there.size);
        expect(new Set(roster.list().map(({ member }) => member))).toEqual(there);
      }
    }),
  );
});
