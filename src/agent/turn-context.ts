import type { AgentEvent } from '../domain/agent.js';
import type { AgentState, PendingAuthRequest, PendingToolInput } from '../domain/agent-state.js';
import type { Message, RecentOptions } from '../domain/message-store.js';

/**
 * What a turn says: text, which is sent as `content-delta` and becomes the assistant's message, or an event of any kind.
 *
 * @example
 * const progress: TurnOutput = { kind: 'tool-progress', progress: 0.5 };
 */
export type TurnOutput = string | AgentEvent | (AgentEvent & Readonly<Record<string, unknown>>);

/**
 * A question to the user.
 *
 * @example
 * const question: Question = { prompt: 'Which seat?', options: ['12A', '14C'] };
 */
export interface Question<Option = unknown> {
  readonly prompt: string;
  /** What the answer must be one of. @defaultValue anything */
  readonly options?: readonly Option[];
  /** A JSON schema for whoever shows the question. The answer is not checked against it. */
  readonly schema?: Record<string, unknown>;
  /** @defaultValue `'selection'` with options, else `'clarification'` */
  readonly inputType?: PendingToolInput['inputType'];
}

/**
 * A request to the user for a credential.
 *
 * @example
 * const request: CredentialRequest = { prompt: 'Sign in to the calendar.', authType: 'oauth2', provider: 'calendar' };
 */
export interface CredentialRequest
  extends Readonly<Pick<PendingAuthRequest, 'prompt' | 'provider' | 'scopes' | 'metadata'>> {
  /** @defaultValue `'custom'` */
  readonly authType?: PendingAuthRequest['authType'];
}

/**
 * What the work of a step is given.
 *
 * @example
 * const work = ({ key, signal }: StepContext) =>
 *   fetch('https://example.com/charge', { method: 'POST', headers: { 'Idempotency-Key': key }, signal });
 */
export interface StepContext {
  /** The same whenever this step runs: for a service that does the same thing once only, if a crash makes the step run again. */
  readonly key: string;
  /** That of the turn. */
  readonly signal: AbortSignal;
}

/**
 * What a turn is given. All of it can be taken apart: `turn({ message, ask })`.
 *
 * When an answer comes, `turn` runs again from its start, in this process or another one. It must take the same way then: the same
 * steps and questions in the same order. What can differ from run to run, such as the time, a random number or what a model
 * says, belongs into a `step`.
 *
 * @example
 * async function* turn({ message, step }: TurnContext) {
 *   const order = await step('order', ({ key }) => placeOrder(message, key));
 *   yield `Your order is ${order}.`;
 * }
 */
export interface TurnContext {
  /** What the user has said. The same on every run. */
  readonly message: string;
  /**
   * The state when the turn began, the same on every run. What is changed in its `metadata` is kept when the turn ends; what others
   * change there meanwhile stays too, under other keys.
   */
  readonly state: AgentState;
  /** What came with the message. The same on every run. */
  readonly metadata?: Record<string, unknown>;
  /** Who the caller is, as the server knows it: on a later run, whoever has answered. */
  readonly authContext?: unknown;
  /** Aborted when the turn is stopped, and when it has asked something. */
  readonly signal: AbortSignal;
  /** The conversation up to the user's message, which is the last; that alone without a message store. The same on every run. */
  history(options?: RecentOptions): Promise<Message[]>;
  /**
   * Asks the user, and resolves to the answer. If there is none yet, the turn ends here once no step is running any more, and the answer
   * starts it again. Resolves to one of the options, if there are some.
   */
  ask<const Option>(question: Question<Option> & { readonly options: readonly Option[] }): Promise<Option>;
  ask(question: Question): Promise<unknown>;
  /** Asks for a credential as `ask` does. It is kept in the stored state until the turn ends, and nowhere else. */
  askForCredential(request: CredentialRequest): Promise<string>;
  /**
   * Does something once: resolves to what `work` returns, or rejects with what it throws, and on a later run does so again without
   * it. Both are copies, with all types that a state keeps. If `work` is a generator, what it yields is sent, once.
   *
   * The process may end between the work and its record, and then it runs again: `key` tells others that it is the same.
   * Steps may run side by side if their names differ; between them, such branches wait for nothing but steps.
   */
  step<Result>(
    name: string,
    work: (context: StepContext) => AsyncGenerator<TurnOutput, Result, void>,
  ): Promise<Result>;
  step<Result>(name: string, work: (context: StepContext) => Result | PromiseLike<Result>): Promise<Result>;
}
