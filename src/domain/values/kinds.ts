import { binaryKind } from './binary-kind.js';
import { builtInName, isError } from './built-in.js';
import { mapKind, setKind } from './collection-kinds.js';
import { createErrorKind } from './error-kind.js';
import { isRecord, setOwn } from './objects.js';
import { formatStep } from './path.js';
import { asEntry, asList, defineKind, type ValueKind } from './value-kind.js';

/** Errors of every class, since each may reach a state. */
export const errorKind = createErrorKind(
  (value) =>
    ['string', 'boolean', 'number'].includes(typeof value) ||
    value === null ||
    Array.isArray(value) ||
    isRecord(value) ||
    kindOf(value) !== undefined,
);

/** An object with a key that superjson refuses, inside a value of another kind. The arguments of a tool, written by a model, may hold one. */
export const entriesKind = defineKind<Record<string, unknown>>({
  type: ['custom', 'entries'],
  classes: [],
  toPlain: (record, inside) =>
    Object.entries(record).map(([key, value], index) => [
      key,
      inside({ notes: `${index}.1`, words: formatStep(key) }, value),
    ]),
  fromPlain: (plain) => {
    const record: Record<string, unknown> = {};
    for (const entry of asList(plain)) {
      const [key, value] = asEntry(entry);
      setOwn(record, String(key), value);
    }
    return record;
  },
});

/** Every kind of value that JSON does not have. A new kind is one entry more. */
const kinds: readonly ValueKind[] = [
  defineKind<undefined>({
    type: 'undefined',
    classes: [],
    toPlain: () => null,
    fromPlain: () => undefined,
    copy: () => undefined,
  }),
  defineKind<bigint>({
    type: 'bigint',
    classes: [],
    toPlain: String,
    fromPlain: (plain) => {
      if (typeof plain === 'string' && /^-?\d+$/.test(plain)) return BigInt(plain);
      throw new TypeError('A bigint in the stored state is not a whole number.');
    },
    copy: (value) => value,
  }),
  // The numbers that JSON has no words for.
  defineKind<number>({
    type: 'number',
    classes: [],
    toPlain: (value) => (Object.is(value, -0) ? '-0' : String(value)),
    fromPlain: (plain) => {
      if (typeof plain === 'string' && ['NaN', 'Infinity', '-Infinity', '-0'].includes(plain))
        return Number(plain);
      throw new TypeError('A number in the stored state is not one that JSON cannot hold.');
    },
    copy: (value) => value,
    toJson: () => null,
  }),
  defineKind<Date>({
    type: ['custom', 'invalid-date'],
    classes: [Date],
    is: (date) => Number.isNaN(date.getTime()),
    isBare: true,
    toPlain: () => null,
    fromPlain: () => new Date(Number.NaN),
  }),
  defineKind<Date>({
    type: 'Date',
    classes: [Date],
    isBare: true,
    toPlain: (date) => date.toISOString(),
    fromPlain: toDate,
    copy: (date) => new Date(date.getTime()),
  }),
  mapKind,
  setKind,
  defineKind<URL>({
    type: 'URL',
    classes: [URL],
    isBare: true,
    toPlain: (url) => url.href,
    fromPlain: (plain) => {
      if (typeof plain === 'string' && URL.canParse(plain)) return new URL(plain);
      throw new TypeError('A URL in the stored state is not one.');
    },
  }),
  // A regular expression that starts at the beginning, in superjson's own form.
  defineKind<RegExp>({
    type: 'regexp',
    classes: [RegExp],
    is: ({ lastIndex }) => lastIndex === 0,
    isBare: true,
    toPlain: String,
    fromPlain: toRegExp,
  }),
  // One with a `lastIndex`, which superjson would lose.
  defineKind<RegExp>({
    type: ['custom', 'regexp'],
    classes: [RegExp],
    isBare: true,
    toPlain: (regexp, inside) => [
      String(regexp),
      inside({ notes: '1', words: '.lastIndex' }, regexp.lastIndex),
    ],
    fromPlain: (plain) => {
      const [text, lastIndex] = asEntry(plain);
      return Object.assign(toRegExp(text), { lastIndex });
    },
    toJson: String,
  }),
  errorKind,
  binaryKind,
  entriesKind,
];

const kindsByType = new Map(kinds.map((kind) => [String(kind.type), kind]));

/** The kinds of each class, by its prototype, and by its name for the class of that name in another realm. */
const kindsByClass = new Map<unknown, ValueKind[]>();
for (const kind of kinds) {
  for (const { name, prototype } of kind.classes)
    for (const key of [prototype, name]) kindsByClass.set(key, [...(kindsByClass.get(key) ?? []), kind]);
}

/** The kind of a value that JSON does not have; `undefined` for a value that it has, a plain object, and what cannot be kept. */
export function kindOf(value: unknown): ValueKind | undefined {
  if (value === null) return undefined;
  // What belongs to an object of a user's class is not known, unless it is an error.
  if (typeof value === 'object')
    return kindOfInstance(value, Object.getPrototypeOf(value)) ?? (isError(value) ? errorKind : undefined);
  if (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)) return undefined;
  // The types of the kinds that are no objects are what `typeof` says.
  return kindsByType.get(typeof value);
}

/** As `kindOf`, but an object of a derived class counts as one of the class that it is derived from. */
export function nearestKindOf(value: object): ValueKind | undefined {
  let prototype: object | null = Object.getPrototypeOf(value);
  while (prototype !== null) {
    const kind = kindOfInstance(value, prototype);
    if (kind !== undefined) return kind;
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}

/** @throws TypeError for a type of which there is no kind. */
export function kindOfType(type: unknown): ValueKind {
  const kind = kindsByType.get(String(type));
  if (kind !== undefined) return kind;
  throw new TypeError('The notes beside the stored state name a type that is not known.');
}

/** @throws TypeError for anything but the text of a date. */
export function toDate(plain: unknown): Date {
  const date = new Date(typeof plain === 'string' ? plain : Number.NaN);
  if (Number.isNaN(date.getTime())) throw new TypeError('A date in the stored state is not an ISO date.');
  return date;
}

/** @throws TypeError for anything but the text of a regular expression. */
function toRegExp(plain: unknown): RegExp {
  const [, source, flags] = /^\/(.+)\/(\w*)$/s.exec(String(plain)) ?? [];
  if (source !== undefined) {
    try {
      return new RegExp(source, flags);
    } catch {
      // The engine's message would repeat the text.
    }
  }
  throw new TypeError('A regular expression in the stored state is not one.');
}

function kindOfInstance(value: object, prototype: object | null): ValueKind | undefined {
  if (prototype === Object.prototype || prototype === null) return undefined;
  const kinds = kindsByClass.get(prototype) ?? kindsByClass.get(builtInName(value, prototype));
  return kinds?.find((kind) => kind.is === undefined || kind.is(value));
}
