import type { Agent, AgentEvent, AgentEventStream, StartTurnOptions } from '../domain/agent.js';
import { type AgentState, journalField } from '../domain/agent-state.js';
import { createId } from '../domain/create-id.js';
import { copyState, requireState } from '../domain/state-copy.js';
import { AgentError, misused, replayMismatch } from './agent-error.js';
import type { CreateAgentOptions } from './agent-options.js';
import { listAnswers } from './answers.js';
import { Conversation } from './conversation.js';
import { type Playback, type Send, toEventStream } from './event-stream.js';
import { Journal } from './journal.js';
import { mergeMetadata } from './merge-metadata.js';
import type { RunEnd } from './run-lifetime.js';
import { codeOf, serializeError } from './serialize-error.js';
import { TurnRun } from './turn-run.js';
import { nothingWaits, restingStatus, whatWaits } from './waiting.js';

/** A turn that has begun, and what its caller has answered to get there. */
interface BegunTurn {
  readonly journal: Journal;
  readonly options: StartTurnOptions;
  /** True if the user has said something new, and false if an answer goes on with what was said. */
  readonly isNew: boolean;
  /** True for a turn that was begun before, and whose process has gone. Its messages may be there already. */
  readonly isRepeated: boolean;
}

/** The agent of one session: around what a turn does, it loads, saves and keeps the conversation, in the right order. */
export class SessionAgent implements Agent {
  readonly agentId: string;
  readonly contextId: string;
  readonly #options: CreateAgentOptions;
  readonly #conversation: Conversation;
  #state: AgentState;
  /** Of the turn that runs, or waits for an answer. */
  #journal: Journal | undefined;
  #isLoaded = false;
  #isRunning = false;

  constructor(options: CreateAgentOptions) {
    this.agentId = options.agentId;
    this.contextId = options.contextId;
    this.#options = options;
    this.#conversation = new Conversation(options.messageStore, options.contextId);
    const now = new Date();
    this.#state = { status: 'created', turnCount: 0, createdAt: now, lastActivity: now };
  }

  /** A copy, without what only the turns of this agent need. */
  get state(): AgentState {
    return copyState(this.#state);
  }

  async startTurn(message: string | null, options: StartTurnOptions = {}): Promise<AgentEventStream> {
    if (this.#isRunning)
      return this.#refuse(new AgentError('TURN_RUNNING', 'This agent runs another turn, or was stopped.'));
    this.#isRunning = true;
    try {
      if (!this.#isLoaded) await this.#load();
      const begun = await (message === null ? this.#resume(options) : this.#begin(message, options));
      return toEventStream((send) => this.#createPlayback(begun, send));
    } catch (error) {
      this.#isRunning = false;
      // What cannot be answered changes nothing.
      if (!(error instanceof AgentError)) this.#break(error);
      return this.#refuse(error);
    }
  }

  async shutdown(): Promise<void> {
    // What was never loaded has nothing to say about the session.
    if (this.#isLoaded) await this.#save({ status: 'shutdown' });
  }

  async #load(): Promise<void> {
    const stored = await this.#options.agentStore.load(this.contextId);
    const state = { ...(stored ?? this.#state) };
    this.#journal = Journal.read(state);
    Reflect.deleteProperty(state, journalField);
    // What waits decides, not the stored status: the process may have ended in the middle of a turn.
    this.#state = { ...state, status: restingStatus(state) };
    this.#isLoaded = true;
  }

  async #begin(message: string, options: StartTurnOptions): Promise<BegunTurn> {
    if (listAnswers(options).length > 0)
      throw misused('A message and answers cannot come together. Send one of them.');
    const { metadata, taskId } = options;
    // A new message takes the place of whatever the session has waited for.
    this.#journal = undefined;
    await this.#save({
      ...nothingWaits,
      status: 'busy',
      turnCount: this.#state.turnCount + 1,
      error: undefined,
    });
    this.#journal = Journal.begin({ message, metadata, taskId, start: this.state });
    await this.#conversation.add(this.#journal, 'user', 'user', message);
    return { journal: this.#journal, options, isNew: true, isRepeated: false };
  }

  async #resume(options: StartTurnOptions): Promise<BegunTurn> {
    const journal = this.#journal?.copy();
    if (listAnswers(options).length === 0 || journal === undefined)
      throw new AgentError('NOT_ASKED', 'This session has asked nothing that could be answered.');
    const answers = listAnswers(options);
    const isFirst = answers.map(({ kind, id, value }) => journal.answer(kind, id, value));
    this.#journal = journal;
    await this.#save({ status: 'busy', turnCount: this.#state.turnCount + 1, error: undefined });
    const isRepeated = !isFirst.includes(true);
    const begun = { journal, options, isNew: false, isRepeated };
    for (const [index, { id, text }] of answers.entries()) {
      await this.#converse({ journal, isRepeated: !isFirst[index] }, `answer:${id}`, 'user', text);
    }
    return begun;
  }

  #createPlayback(begun: BegunTurn, send: Send): Playback {
    const run = new TurnRun({
      contextId: this.contextId,
      journal: begun.journal,
      conversation: this.#conversation,
      authContext: begun.options.authContext,
      save: () => this.#save({}),
      send,
    });
    return { play: () => this.#play(run, begun, send), stop: () => run.stop() };
  }

  async #play(run: TurnRun, begun: BegunTurn, send: Send): Promise<void> {
    let last: AgentEvent[] | undefined;
    try {
      for (const event of this.#announce(begun)) send(event);
      const end = await run.run((context) => this.#options.turn(context));
      if (end !== 'stopped') last = await this.#finish(end, run, begun, send);
    } catch (error) {
      if (!run.isStopped) last = await this.#fail(error, run, begun);
    }
    // A turn that was stopped leaves an agent that can run no other.
    if (last === undefined) return;
    this.#isRunning = false;
    for (const event of last) send(event);
  }

  #announce({ options, isNew, journal }: BegunTurn): AgentEvent[] {
    const event = this.#eventsOf(journal);
    return [
      ...(isNew ? [event('task-created')] : []),
      ...(options.inputs ?? []).map(({ inputId }) => event('input-received', { inputId })),
      ...(options.credentials ?? []).map(({ authId }) => event('auth-completed', { authId })),
      event('task-status', { status: 'working' }),
    ];
  }

  /** Stores the end of a turn, whether it is over or waits, and resolves to its last events. */
  async #finish(end: RunEnd, run: TurnRun, begun: BegunTurn, send: Send): Promise<AgentEvent[]> {
    const { journal } = begun;
    const event = this.#eventsOf(journal);
    if (end === 'returned' && !run.isPastReplay) throw replayMismatch();
    run.close();
    const { text } = run;
    if (text !== '') send(event('content-complete', { content: text }));
    if (end === 'returned') {
      await this.#converse(begun, `said:${journal.answers}`, 'assistant', text);
      this.#journal = undefined;
      const metadata = mergeMetadata(this.#state.metadata, journal.start.metadata, run.state.metadata);
      await this.#save({ ...nothingWaits, status: 'idle', metadata });
      return [event('task-complete', { content: text })];
    }
    const asked = [text, ...run.newQuestions.map(({ name }) => name)].filter((part) => part !== '');
    await this.#converse(begun, `said:${journal.answers}`, 'assistant', asked.join('\n\n'));
    const waits = whatWaits(journal.questions);
    // Before anybody hears of the question: the answer may come at once, and to another process.
    await this.#save(waits);
    return [
      ...(waits.pendingToolInputs ?? []).map((input) => event('tool-input-required', input)),
      ...(waits.pendingAuthRequests ?? []).map((request) => event('auth-required', request)),
      event('task-status', { status: waits.status }),
    ];
  }

  /**
   * Stores that a turn has failed, and resolves to its last event. A run that has not come past what earlier ones have done leaves all
   * as it was, and so does one that could not be stored: what was asked can be answered again.
   */
  async #fail(error: unknown, run: TurnRun, begun: BegunTurn): Promise<AgentEvent[]> {
    let failure = error;
    const mayStore = run.isPastReplay && !run.hasFailed;
    run.close();
    if (mayStore) {
      try {
        await this.#converse(begun, `said:${begun.journal.answers}`, 'assistant', run.text);
        this.#journal = undefined;
        await this.#save({ ...nothingWaits, status: 'error', error: serializeError(error) });
        return [this.#failed(error, begun.journal)];
      } catch (storeError) {
        failure = storeError;
      }
    }
    this.#break(failure, failure === error ? undefined : error);
    return [this.#failed(failure, begun.journal)];
  }

  /** From now on this agent knows nothing: another turn of it begins with what is stored. */
  #break(error: unknown, cause?: unknown): void {
    const serialized = serializeError(error);
    if (cause !== undefined) serialized.cause = serializeError(cause);
    this.#state = { ...this.#state, status: 'error', error: serialized };
    this.#isLoaded = false;
  }

  #refuse(error: unknown): AgentEventStream {
    return toEventStream((send) => ({
      play: async () => send(this.#failed(error, undefined)),
      stop() {},
    }));
  }

  #failed(error: unknown, journal: Journal | undefined): AgentEvent {
    const code = codeOf(error);
    const { message } = serializeError(error);
    return this.#eventsOf(journal)('task-status', { status: 'failed', message, ...(code && { code }) });
  }

  #eventsOf(journal: Journal | undefined): (kind: string, fields?: object) => AgentEvent {
    const ids = { contextId: this.contextId, taskId: journal?.taskId ?? createId() };
    return (kind, fields = {}) => ({ kind, ...ids, ...fields });
  }

  /** Adds to the conversation, unless there is nothing to say or an earlier run has said it. */
  async #converse(
    { journal, isRepeated }: Pick<BegunTurn, 'journal' | 'isRepeated'>,
    part: string,
    role: 'user' | 'assistant',
    content: string,
  ): Promise<void> {
    if (content === '') return;
    if (isRepeated) await this.#conversation.addOnce(journal, part, role, content);
    else await this.#conversation.add(journal, part, role, content);
  }

  async #save(changes: Partial<AgentState>): Promise<void> {
    const given = Object.entries({ ...this.#state, ...changes, lastActivity: new Date() });
    const state = requireState(Object.fromEntries(given.filter(([, value]) => value !== undefined)));
    const journal = this.#journal?.data;
    const stored = journal === undefined ? state : Object.assign({ [journalField]: journal }, state);
    await this.#options.agentStore.save(this.contextId, stored);
    this.#state = state;
  }
}
