import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent, AgentEvent, AgentEventStream, StartTurnOptions } from '../../src/domain/agent.js';
import { type AgentState, isResumable, type PendingToolInput } from '../../src/domain/agent-state.js';
import type { AgentStore } from '../../src/domain/agent-store.js';
import type { Message, MessageStore } from '../../src/domain/message-store.js';

export interface DemoAgentOptions {
  readonly agentId: string;
  readonly contextId: string;
  readonly agentStore: AgentStore;
  readonly messageStore: MessageStore;
}

type CreateEvent = (kind: string, fields?: object) => AgentEvent;

/** A pause before each word, as a model would make. */
const wordDelayMs = 40;

/**
 * Repeats what it is told, word by word, and counts its turns. `ask <question>` makes it ask the question back and wait:
 * in this process or a later one, until the answer comes. `recall` makes it repeat the conversation, whichever process it was held in.
 */
export class DemoAgent implements Agent {
  readonly agentId: string;
  readonly contextId: string;
  readonly #store: AgentStore;
  readonly #messages: MessageStore;
  #state: AgentState;
  #isLoaded = false;

  constructor({ agentId, contextId, agentStore, messageStore }: DemoAgentOptions) {
    this.agentId = agentId;
    this.contextId = contextId;
    this.#store = agentStore;
    this.#messages = messageStore;
    const now = new Date();
    this.#state = { status: 'created', turnCount: 0, createdAt: now, lastActivity: now };
    // Nobody waits for this save, and whatever makes it fail also fails the load of the first turn.
    this.#store.save(contextId, this.#state).catch(() => {});
  }

  get state(): AgentState {
    return structuredClone(this.#state);
  }

  async startTurn(message: string | null, options: StartTurnOptions = {}): Promise<AgentEventStream> {
    if (!this.#isLoaded) await this.#load();
    return toEventStream(this.#runTurn(message, options));
  }

  async shutdown(): Promise<void> {
    // What was never loaded has nothing to say about the session.
    if (this.#isLoaded) await this.#save({ status: 'shutdown' });
  }

  async #load(): Promise<void> {
    this.#state = (await this.#store.load(this.contextId)) ?? this.#state;
    // The pending questions decide, not the stored status: the process may have died in the middle of a turn.
    await this.#save({ status: this.#restingStatus(this.#state) });
    this.#isLoaded = true;
  }

  async *#runTurn(message: string | null, options: StartTurnOptions): AsyncGenerator<AgentEvent> {
    const { taskId = randomUUID(), inputs = [] } = options;
    const event = (kind: string, fields: object = {}) => ({
      kind,
      contextId: this.contextId,
      taskId,
      ...fields,
    });
    const { pendingToolInputs: questions = [] } = this.#state;
    const unknown = inputs.find(({ inputId }) => questions.every((question) => question.inputId !== inputId));
    if (unknown !== undefined || (message === null && inputs.length === 0)) {
      const problem = unknown
        ? `No question "${unknown.inputId}" is waiting.`
        : 'There is nothing to answer.';
      yield event('task-status', { status: 'failed', message: problem });
      return;
    }
    await this.#save({ status: 'busy', turnCount: this.#state.turnCount + 1 });
    const before =
      message === 'recall' ? await this.#messages.getRecent(this.contextId, { maxMessages: 50 }) : [];
    await this.#messages.append(this.contextId, this.#toMessages(message, inputs));
    yield event('task-created');
    yield event('task-status', { status: 'working' });
    for (const { inputId } of inputs) yield event('input-received', { inputId });
    const question = message?.match(/^ask\s+(?<question>.*\S)/s)?.groups?.question;
    if (question !== undefined) yield* this.#ask(question, taskId, event);
    else yield* this.#answer(message, inputs, before, event);
  }

  /** What the user has said, as a model would be given it: an answer is the result of the call that asked for it. */
  #toMessages(message: string | null, inputs: StartTurnOptions['inputs'] = []): Message[] {
    const results = inputs.map(({ inputId, value }): Message => {
      const question = this.#state.pendingToolInputs?.find((pending) => pending.inputId === inputId);
      return { role: 'tool', content: toText(value), toolCallId: question?.toolCallId ?? '' };
    });
    return message === null ? results : [...results, { role: 'user', content: message }];
  }

  async *#ask(prompt: string, taskId: string, event: CreateEvent): AsyncGenerator<AgentEvent> {
    const question: PendingToolInput = {
      inputId: randomUUID(),
      toolCallId: randomUUID(),
      toolName: 'ask',
      toolArguments: { question: prompt },
      taskId,
      inputType: 'clarification',
      prompt,
    };
    const { toolCallId, toolName, toolArguments } = question;
    const call = { id: toolCallId, type: 'function', function: { name: toolName, arguments: toolArguments } };
    await this.#messages.append(this.contextId, { role: 'assistant', content: prompt, toolCalls: [call] });
    const pendingToolInputs = [...(this.#state.pendingToolInputs ?? []), question];
    // Before anybody hears of the question: an answer must find it, whatever becomes of this process.
    await this.#save({ status: 'waiting-input', pendingToolInputs, pendingAuthRequests: undefined });
    yield event('tool-input-required', question);
    yield event('task-status', { status: 'waiting-input' });
  }

  async *#answer(
    message: string | null,
    inputs: StartTurnOptions['inputs'] = [],
    before: readonly Message[],
    event: CreateEvent,
  ): AsyncGenerator<AgentEvent> {
    const questions = this.#state.pendingToolInputs ?? [];
    const said = inputs.map(({ inputId, value }) => {
      const prompt = questions.find((question) => question.inputId === inputId)?.prompt;
      return `You answered "${prompt}" with: ${toText(value)}`;
    });
    if (message !== null) said.push(`You said: ${message}`);
    for (const { role, content } of before) said.push(`${role}: ${content}`);
    const content = [`Turn ${this.#state.turnCount}.`, ...said].join(' ');
    for (const delta of content.split(/(?<=\s)(?=\S)/)) {
      await sleep(wordDelayMs);
      yield event('content-delta', { delta });
    }
    yield event('content-complete', { content });
    await this.#messages.append(this.contextId, { role: 'assistant', content });
    const left = questions.filter(({ inputId }) => inputs.every((input) => input.inputId !== inputId));
    const pendingToolInputs = left.length === 0 ? undefined : left;
    const status = this.#restingStatus({ ...this.#state, pendingToolInputs });
    await this.#save({ status, pendingToolInputs });
    yield event('task-complete', { content });
  }

  #restingStatus(state: AgentState): AgentState['status'] {
    return isResumable(state) ? 'waiting-input' : 'idle';
  }

  async #save(changes: Partial<AgentState>): Promise<void> {
    const state = { ...this.#state, ...changes, lastActivity: new Date() };
    await this.#store.save(this.contextId, state);
    this.#state = state;
  }
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** Runs the generator once somebody subscribes. Unsubscribing ends it at its next event. */
function toEventStream(events: AsyncGenerator<AgentEvent>): AgentEventStream {
  return {
    subscribe(observer) {
      let isStopped = false;
      const run = async () => {
        try {
          for await (const event of events) {
            if (isStopped) return;
            observer.next(event);
          }
        } catch (error) {
          if (!isStopped) observer.error(error);
          return;
        }
        if (!isStopped) observer.complete();
      };
      void run();
      return {
        unsubscribe() {
          isStopped = true;
        },
      };
    },
  };
}
