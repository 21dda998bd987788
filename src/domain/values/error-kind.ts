import { formatStep } from './path.js';
import type { PlainData } from './plain-data.js';
import { asEntry, asList, defineKind } from './value-kind.js';

const errorClasses = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
] as const;

/** Kept as the name of its class, then its own properties: those that are not listed among its keys first. */
export const errorKind = defineKind<Error>({
  type: ['custom', 'error'],
  classes: errorClasses,
  toPlain: (error, inside) => {
    const className = String(Reflect.get(Object.getPrototypeOf(error), 'name'));
    const listed = Object.keys(error);
    const hidden = Object.getOwnPropertyNames(error).filter((name) => !listed.includes(name));
    const toEntries = (names: readonly string[], place: number): PlainData =>
      names.map((name, index) => {
        const step = { notes: `${place}.${index}.1`, words: formatStep(name) };
        return [name, inside(step, Reflect.get(error, name))];
      });
    return [className, toEntries(hidden, 1), toEntries(listed, 2)];
  },
  fromPlain: (plain) => {
    const [name, hidden, listed] = asList(plain);
    const Class = errorClasses.find((known) => known.name === name);
    if (Class === undefined) throw new RangeError('The stored error is of an unknown class.');
    const error = new Class();
    for (const entry of asList(hidden)) define(error, entry, false);
    for (const entry of asList(listed)) define(error, entry, true);
    return error;
  },
  toJson: (error, { error: write }) => {
    const entries: [string, unknown][] = [
      ['name', error.name],
      ['message', error.message],
      ...Object.entries(error),
    ];
    if (error.cause !== undefined) entries.push(['cause', error.cause]);
    return write(entries);
  },
});

function define(error: Error, entry: unknown, enumerable: boolean): void {
  const [key, value] = asEntry(entry);
  Object.defineProperty(error, String(key), { value, enumerable, writable: true, configurable: true });
}
