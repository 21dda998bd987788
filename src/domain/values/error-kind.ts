import { builtInName } from './built-in.js';
import { formatStep } from './path.js';
import { asEntry, asList, defineKind, type ValueKind } from './value-kind.js';

type ErrorClass = (typeof errorClasses)[number];

const errorClasses = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
  DOMException,
] as const;

/** Properties that describe an error. In some classes they are on the prototype. */
const descriptions: readonly string[] = ['name', 'message', 'stack', 'cause'];

/**
 * Kept as the name of its class, then its own properties, those first that are not enumerable. An error of a class of the
 * user's is kept as the built-in class that its name says, or else as an `Error`.
 */
export function createErrorKind(isKept: (value: unknown) => boolean): ValueKind {
  return defineKind<Error>({
    type: ['custom', 'error'],
    classes: errorClasses,
    className: (error) => classOf(error).name,
    toPlain: (error, inside) => {
      const Class = classOf(error);
      const listed = Object.keys(error);
      const hidden = Object.getOwnPropertyNames(error).filter((name) => !listed.includes(name));
      const kept = [...hidden, ...inherited(error, Class)].filter(
        // A library may hide a method or a connection in its errors: it is left out if it cannot be kept.
        (name) => descriptions.includes(name) || isKept(Reflect.get(error, name)),
      );
      const toEntries = (names: readonly string[], place: number) =>
        names.map((name, index) => {
          const step = { notes: `${place}.${index}.1`, words: formatStep(name) };
          return [name, inside(step, Reflect.get(error, name))];
        });
      return [Class.name, toEntries(kept, 1), toEntries(listed, 2)];
    },
    fromPlain: (plain) => {
      const [name, hidden, listed] = asList(plain);
      return createError(name, asList(hidden).map(asEntry), asList(listed).map(asEntry));
    },
    toJson: (error, { error: write }) => {
      const entries: [string, unknown][] = [
        ['name', error.name],
        ['message', error.message],
        ...Object.entries(error),
      ];
      for (const name of ['cause', 'errors']) {
        const value: unknown = Reflect.get(error, name);
        if (value !== undefined) entries.push([name, value]);
      }
      return write(entries);
    },
  });
}

type Entry = readonly [unknown, unknown];

/** @throws RangeError if no class has that name. */
function createError(className: unknown, hidden: readonly Entry[], listed: readonly Entry[]): Error {
  const Class = findClass(className);
  if (Class === undefined) throw new RangeError('The stored error is of an unknown class.');
  const { message, name }: Record<string, unknown> = Object.fromEntries(hidden);
  const isGiven = (key: unknown) => Class === DOMException && (key === 'name' || key === 'message');
  const error: Error = Reflect.construct(Class, Class === DOMException ? [message, name] : [[]]);
  // The properties that a new error has, such as its stack, describe this call.
  for (const key of Reflect.ownKeys(error)) Reflect.deleteProperty(error, key);
  for (const entry of hidden) if (!isGiven(entry[0])) define(error, entry, false);
  for (const entry of listed) define(error, entry, true);
  return error;
}

/** The class that an error is loaded as. */
function classOf(error: Error): ErrorClass {
  const prototype: object = Object.getPrototypeOf(error);
  const known = errorClasses.find((Class) => Class.prototype === prototype);
  if (known !== undefined) return known;
  if (Object.prototype.toString.call(error) === '[object DOMException]') return DOMException;
  return findClass(builtInName(error, prototype) ?? error.name) ?? Error;
}

function findClass(name: unknown): ErrorClass | undefined {
  return errorClasses.find((Class) => Class.name === name);
}

/** The descriptions that an error has from its prototype, and that a plain error of the class does not have. */
function inherited(error: Error, Class: ErrorClass): string[] {
  const usual = Class === DOMException ? {} : Class.prototype;
  return descriptions.filter((name) => {
    if (Object.hasOwn(error, name)) return false;
    const value: unknown = Reflect.get(error, name);
    return value !== undefined && value !== Reflect.get(usual, name);
  });
}

function define(error: Error, [key, value]: Entry, enumerable: boolean): void {
  Object.defineProperty(error, String(key), { value, enumerable, writable: true, configurable: true });
}
