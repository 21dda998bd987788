import type { AgentEvent } from '../domain/agent.js';
import type { AgentState } from '../domain/agent-state.js';
import type { Message, RecentOptions } from '../domain/message-store.js';
import { copyState } from '../domain/state-copy.js';
import { copyValue } from '../domain/values/copy-value.js';
import { AgentError, misused } from './agent-error.js';
import type { Conversation } from './conversation.js';
import type { Entry, Journal, OpenQuestion } from './journal.js';
import { createCredentialRequest, createQuestion, type NewQuestion, requirePrompt } from './question.js';
import { type Found, Replay } from './replay.js';
import { type RunEnd, RunLifetime } from './run-lifetime.js';
import { Speaker } from './speaker.js';
import { deliver, isInsideStep, runStep, type StepWork } from './step.js';
import { requireGenerator, type Turn } from './turn.js';
import type { CredentialRequest, Question, TurnContext, TurnOutput } from './turn-context.js';

export interface TurnRunOptions {
  readonly contextId: string;
  readonly journal: Journal;
  readonly conversation: Conversation;
  readonly authContext: unknown;
  /** Stores the journal as it is now. */
  readonly save: () => Promise<void>;
  readonly send: (event: AgentEvent) => void;
}

/** One run of a turn: what it is given, what it says, and what it leaves in the journal. */
export class TurnRun {
  /** The state as the turn was given it, and may have changed it. */
  readonly state: AgentState;
  readonly #options: TurnRunOptions;
  readonly #journal: Journal;
  readonly #replay: Replay;
  readonly #lifetime = new RunLifetime();
  readonly #newQuestions: OpenQuestion[] = [];
  readonly #speaker: Speaker;
  #isStopped = false;
  #text = '';
  #reads = 0;

  constructor(options: TurnRunOptions) {
    this.#options = options;
    this.#journal = options.journal;
    this.#replay = new Replay(options.journal);
    this.#speaker = new Speaker(options.send, options.contextId, options.journal.taskId);
    this.state = copyState(options.journal.start);
  }

  /** What this run has said that is not in the conversation yet. */
  get text(): string {
    return this.#text;
  }

  /** What this run was the first to ask. */
  get newQuestions(): readonly OpenQuestion[] {
    return this.#newQuestions;
  }

  /** True if this run has come past all that earlier ones have done. */
  get isPastReplay(): boolean {
    return this.#replay.isDone;
  }

  /** True if the turn cannot go on, since something of it could not be stored or it was stopped. */
  get hasFailed(): boolean {
    return this.#lifetime.hasFailed;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Rejects with what the turn throws, or with what has kept it from being stored. */
  async run(turn: Turn): Promise<RunEnd> {
    const generator = requireGenerator(turn(this.#createContext()));
    let pulled = generator.next();
    for (;;) {
      const result = await this.#lifetime.orFinish(pulled);
      if (result === 'stopped') {
        // It may still clean up. How that goes, nobody hears any more.
        generator.return(undefined).catch(() => {});
      }
      if (typeof result === 'string') return result;
      if (result.done) break;
      pulled = this.#goOn(generator, result.value);
    }
    await this.#lifetime.stepsSettled();
    this.#lifetime.throwIfFailed();
    return 'returned';
  }

  /** Ends the run at once, whatever it does. Nothing that it does from now on is recorded. */
  stop(): void {
    this.#isStopped = true;
    this.#lifetime.stop();
  }

  /** Tells whatever still runs that the turn has ended by itself. */
  close(): void {
    this.#lifetime.close();
  }

  #createContext(): TurnContext {
    const { message, metadata } = this.#journal;
    return {
      message,
      ...(metadata && { metadata: copyValue(metadata, 'metadata') }),
      state: this.state,
      authContext: this.#options.authContext,
      signal: this.#lifetime.signal,
      history: (options) => this.#history(options),
      ask: (question: Question) =>
        heard(this.#ask('ask', question, (taskId) => createQuestion(question, taskId))),
      askForCredential: (wanted: CredentialRequest) => heard(this.#askForCredential(wanted)),
      step: (name: string, work: StepWork) => heard(this.#step(name, work)),
    };
  }

  async #history(options: RecentOptions = {}): Promise<Message[]> {
    // What a step reads is not read again.
    if (isInsideStep()) return this.#options.conversation.read(this.#journal, options, undefined);
    const { reads } = this.#journal;
    const place = this.#reads++;
    const messages = await this.#options.conversation.read(this.#journal, options, reads[place]);
    reads[place] = messages.length;
    return messages;
  }

  async #ask(
    kind: 'ask' | 'credential',
    asked: Question | CredentialRequest,
    create: (taskId: string) => NewQuestion,
  ): Promise<unknown> {
    const name = requirePrompt(asked);
    this.#requireUsable(`The question "${name}"`);
    const { entry, question, occurrence, after } = await this.#find(kind, name);
    if (entry !== undefined) return copyValue(entry.value, 'answer');
    if (question === undefined) {
      this.#journal.requireRoom();
      const made = { kind, name, occurrence, after, ...create(this.#journal.taskId) };
      this.#journal.ask(made);
      this.#newQuestions.push(made);
    }
    return this.#lifetime.waitForAnswer();
  }

  async #askForCredential(wanted: CredentialRequest): Promise<string> {
    const create = (taskId: string) => createCredentialRequest(wanted, taskId);
    return String(await this.#ask('credential', wanted, create));
  }

  async #step(name: string, work: StepWork): Promise<unknown> {
    if (typeof name !== 'string' || name === '') throw misused('A step must have a name.');
    this.#requireUsable(`The step "${name}"`);
    const found = await this.#find('step', name);
    if (found.entry !== undefined) return this.#repeat(found.entry);
    const running = this.#runStep(name, work, found);
    this.#lifetime.begin(running);
    try {
      return await running;
    } finally {
      this.#replay.end(name);
      this.#lifetime.end(running);
    }
  }

  async #runStep(name: string, work: StepWork, { occurrence, after }: Found): Promise<unknown> {
    const key = this.#journal.keyOf({ name, occurrence });
    this.#requireUsable(`The step "${name}"`);
    this.#journal.requireRoom();
    let said = '';
    const end = await runStep(name, work, { key, signal: this.#lifetime.signal }, (output) => {
      const text = this.#speaker.say(output);
      said += text;
      this.#text += text;
    });
    this.#lifetime.throwIfFailed();
    this.#journal.add({ kind: 'step', name, occurrence, after, ...end, ...(said !== '' && { said }) });
    try {
      await this.#options.save();
    } catch (error) {
      this.#lifetime.fail(error);
      throw error;
    }
    return deliver(end);
  }

  /** What a step that has run before has returned, or thrown. */
  #repeat(entry: Entry): unknown {
    // It was sent when the step ran. The run since the last answer has it in its message nonetheless.
    if (this.#replay.isAnswered) this.#text += entry.said ?? '';
    return deliver(entry);
  }

  async #find(kind: Entry['kind'], name: string): Promise<Found> {
    try {
      return await this.#replay.find(kind, name);
    } catch (error) {
      if (error instanceof AgentError && error.code === 'REPLAY_MISMATCH') this.#lifetime.fail(error);
      throw error;
    }
  }

  /** @throws AgentError `MISUSED` inside a step, whose calls a later run would not see; else what has ended the turn. */
  #requireUsable(call: string): void {
    this.#lifetime.throwIfFailed();
    if (isInsideStep()) throw misused(`${call} is inside a step. Call it beside the step.`);
  }

  #goOn(generator: AsyncGenerator<TurnOutput, unknown, unknown>, output: TurnOutput) {
    try {
      this.#lifetime.throwIfFailed();
      if (this.#replay.isAnswered) this.#text += this.#speaker.say(output);
      return generator.next();
    } catch (error) {
      return generator.throw(error);
    }
  }
}

/** A turn may leave what it has called to itself. That it rejects must not end the process. */
function heard<Result>(call: Promise<Result>): Promise<Result> {
  call.catch(() => {});
  return call;
}
