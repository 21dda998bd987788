import { AsyncLocalStorage } from 'node:async_hooks';
import { copyValue } from '../domain/values/copy-value.js';
import type { StepContext, TurnOutput } from './turn-context.js';

export type StepWork = (
  context: StepContext,
) => AsyncGenerator<TurnOutput, unknown, void> | PromiseLike<unknown> | unknown;

/** What a step leaves in the journal: what it has returned, or thrown, as it can be kept. */
export type StepEnd =
  | { readonly value: unknown; readonly hasFailed?: false }
  | { readonly error: unknown; readonly hasFailed: true };

/** Marks the code of a step. On a later run it does not run, so it must make no call that the journal counts. */
const insideStep = new AsyncLocalStorage<string>();

export function isInsideStep(): boolean {
  return insideStep.getStore() !== undefined;
}

/** Does the work of a step. `say` is told what it yields, if it is a generator. Never rejects. */
export async function runStep(
  name: string,
  work: StepWork,
  context: StepContext,
  say: (output: TurnOutput) => void,
): Promise<StepEnd> {
  const inside = <Result>(call: () => Result): Result => insideStep.run(name, call);
  let value: unknown;
  try {
    const started = await inside(() => work(context));
    value = isGenerator(started) ? await drain(started, inside, say) : started;
  } catch (thrown) {
    return { error: copyError(thrown, name), hasFailed: true };
  }
  try {
    return { value: copyValue(value, `the result of the step "${name}"`) };
  } catch (error) {
    return { error, hasFailed: true };
  }
}

/** What a step has returned, or thrown, as it has left it. */
export function deliver(end: {
  readonly value?: unknown;
  readonly error?: unknown;
  readonly hasFailed?: boolean;
}): unknown {
  if (end.hasFailed === true) throw copyValue(end.error, 'error');
  return copyValue(end.value, 'value');
}

async function drain(
  generator: AsyncGenerator<TurnOutput, unknown, void>,
  inside: <Result>(call: () => Result) => Result,
  say: (output: TurnOutput) => void,
): Promise<unknown> {
  let pulled = inside(() => generator.next());
  for (;;) {
    const result = await pulled;
    if (result.done) return result.value;
    try {
      say(result.value);
      pulled = inside(() => generator.next());
    } catch (error) {
      pulled = inside(() => generator.throw(error));
    }
  }
}

/** What was thrown, as it is on every later run: what it holds that cannot be kept is left out. */
function copyError(thrown: unknown, name: string): unknown {
  const root = `what the step "${name}" has thrown`;
  try {
    return copyValue(thrown, root);
  } catch (refusal) {
    if (!(thrown instanceof Error)) return refusal;
    const copy = new Error(thrown.message);
    copy.stack = thrown.stack;
    const listed = Object.keys(thrown);
    for (const key of new Set(['name', 'cause', ...listed])) {
      const value = findCopy(Reflect.get(thrown, key), root);
      const property = { value, enumerable: listed.includes(key), configurable: true, writable: true };
      if (value !== undefined) Object.defineProperty(copy, key, property);
    }
    return copy;
  }
}

/** A copy of a value, or `undefined` if it cannot be kept. */
function findCopy(value: unknown, root: string): unknown {
  try {
    return copyValue(value, root);
  } catch {
    return undefined;
  }
}

function isGenerator(value: unknown): value is AsyncGenerator<TurnOutput, unknown, void> {
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.asyncIterator in value && 'next' in value && 'throw' in value;
}
