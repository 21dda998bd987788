import type { InnerStep } from './path.js';
import { asEntry, asList, defineKind } from './value-kind.js';

/** Into a map: to a key, or to what is under it. What a step says is seldom asked. */
class KeyStep implements InnerStep {
  constructor(private readonly index: number) {}

  get notes(): string {
    return `${this.index}.0`;
  }

  get words(): string {
    return `.key(${this.index})`;
  }
}

class ContentStep implements InnerStep {
  constructor(private readonly index: number) {}

  get notes(): string {
    return `${this.index}.1`;
  }

  get words(): string {
    return `.value(${this.index})`;
  }
}

/** To a member of a set. */
class MemberStep implements InnerStep {
  constructor(private readonly index: number) {}

  get notes(): string {
    return `${this.index}`;
  }

  get words(): string {
    return `.value(${this.index})`;
  }
}

export const mapKind = defineKind<ReadonlyMap<unknown, unknown>>({
  type: 'map',
  classes: [Map],
  isBare: true,
  toPlain: (map, inside) =>
    [...map].map(([key, value], index) => [
      inside(new KeyStep(index), key),
      inside(new ContentStep(index), value),
    ]),
  fromPlain: (plain) => new Map(asList(plain).map(asEntry)),
  copy: (map, inside) => {
    const copy = new Map<unknown, unknown>();
    let index = 0;
    for (const [key, value] of map) {
      copy.set(inside(new KeyStep(index), key), inside(new ContentStep(index), value));
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
  toPlain: (set, inside) => [...set].map((value, index) => inside(new MemberStep(index), value)),
  fromPlain: (plain) => new Set(asList(plain)),
  copy: (set, inside) => {
    const copy = new Set<unknown>();
    for (const value of set) copy.add(inside(new MemberStep(copy.size), value));
    return copy;
  },
  toJson: (set, { list }) => list([...set]),
});
