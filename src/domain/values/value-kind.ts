import type { InnerStep } from './path.js';
import type { PlainData } from './plain-data.js';

/** Takes a value that is inside another one, and gives what is made of it. */
export type Inside<Made> = (step: InnerStep, value: unknown) => Made;

/** A plain form with what was made of each value inside in its place. */
type PlainForm<Made> = PlainData | Made | readonly PlainForm<Made>[];

/** How a reader outside is shown what a value holds: each method gives the JSON for its argument. */
export interface JsonWriter {
  list(values: readonly unknown[]): PlainData;
  object(entries: Iterable<readonly [string, unknown]>): PlainData;
  /** The same, but without a `stack`, however deep. */
  error(entries: Iterable<readonly [string, unknown]>): PlainData;
}

/**
 * All about one kind of value that JSON does not have.
 *
 * Its plain form is superjson's own, or that of a custom type if superjson would lose or refuse the value.
 */
export interface ValueKind<Value = unknown> {
  /** What the notes call it: the type that superjson gives it. */
  readonly type: PlainData;
  /** The classes whose direct instances are of this kind; none for a kind that is no object. */
  readonly classes: readonly { readonly name: string; readonly prototype: object }[];
  /** True for the instances of these classes that are of this kind. @defaultValue all of them */
  is?(value: Value): boolean;
  /** The name of the class that a value is loaded as, if its kind has several. */
  className?(value: Value): string;
  /** True if an instance may not carry properties besides what it holds: they would be lost. */
  readonly isBare?: boolean;
  /** The plain form. Values that it holds go through `inside`. */
  toPlain<Made>(value: Value, inside: Inside<Made>): PlainForm<Made>;
  /** The value of a plain form in which everything inside is restored. Throws, without repeating any of it, if it is none. */
  fromPlain(plain: unknown): Value;
  /** A copy, made without the plain form. Values that it holds go through `inside`. @defaultValue one made by way of that form */
  copy?(value: Value, inside: Inside<unknown>): Value;
  /** What a reader outside is shown, in JSON. @defaultValue the plain form */
  toJson?(value: Value, writer: JsonWriter): PlainData;
}

/** Checks the types of a kind, which then takes its place among the others. */
export function defineKind<Value>(kind: ValueKind<Value>): ValueKind {
  return kind as ValueKind;
}

/** @throws TypeError for anything but a list. */
export function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError('The stored value is not the list that its notes say it is.');
}

/** @throws TypeError for anything but a list; what is missing is `undefined`. */
export function asEntry(value: unknown): [unknown, unknown] {
  const [key, content] = asList(value);
  return [key, content];
}
