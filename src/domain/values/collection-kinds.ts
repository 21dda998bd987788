import type { InnerStep } from './path.js';
import { asEntry, asList, defineKind } from './value-kind.js';

/** Into a map, to a key or to what is under it, or to a member of a set. What a step says is seldom asked. */
class EntryStep implements InnerStep {
  constructor(
    private readonly index: number,
    private readonly part: '.0' | '.1' | '',
  ) {}

  get notes(): string {
    return `${this.index}${this.part}`;
  }

  get words(): string {
    return `.${this.part === '.0' ? 'key' : 'value'}(${this.index})`;
  }
}

export const mapKind = defineKind<ReadonlyMap<unknown, unknown>>({
  type: 'map',
  classes: [Map],
  isBare: true,
  toPlain: (map, inside) =>
    [...map].map(([key, value], index) => [
      inside(new EntryStep(index, '.0'), key),
      inside(new EntryStep(index, '.1'), value),
    ]),
  fromPlain: (plain) => new Map(asList(plain).map(asEntry)),
  copy: (map, inside) => {
    const copy = new Map<unknown, unknown>();
    let index = 0;
    for (const [key, value] of map) {
      copy.set(inside(new EntryStep(index, '.0'), key), inside(new EntryStep(index, '.1'), value));
      index++;
    }
    return copy;
  },
  toJson: (map, { list, object }) => {
    const entries: [string, unknown][] = [];
    for (const [key, value] of map) {
      if (typeof key !== 'string') return list([...map]);
      entries.push([key, value]);
    }
    return object(entries);
  },
});

export const setKind = defineKind<ReadonlySet<unknown>>({
  type: 'set',
  classes: [Set],
  isBare: true,
  toPlain: (set, inside) => [...set].map((value, index) => inside(new EntryStep(index, ''), value)),
  fromPlain: (plain) => new Set(asList(plain)),
  copy: (set, inside) => {
    const copy = new Set<unknown>();
    for (const value of set) copy.add(inside(new EntryStep(copy.size, ''), value));
    return copy;
  },
  toJson: (set, { list }) => list([...set]),
});
