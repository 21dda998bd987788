import { Observable, type Subscriber } from 'rxjs';
import type { Agent, AgentEvent, StartTurnOptions } from '../../src/domain/agent.js';
import type { AgentState, SerializedError } from '../../src/domain/agent-state.js';
import type { AgentStore } from '../../src/domain/agent-store.js';
import { isAgentStoreError } from '../../src/domain/errors.js';
import type { MessageStore } from '../../src/domain/message-store.js';
import { event } from './fake-agent.js';

/** What a model does in one turn: it says things, and fails by throwing. */
export type Model = (turn: ModelTurn) => Promise<void> | void;

interface ModelTurn {
  readonly agent: StandInAgent;
  readonly message: string | null;
  say(delta: string): void;
}

export interface StandInOptions {
  readonly contextId: string;
  readonly agentStore: Pick<AgentStore, 'load' | 'save'>;
  readonly model: Model;
  /** Whether it loads its session when the turn is started, or only when somebody subscribes. @defaultValue `false` */
  readonly loadsLate?: boolean;
  /** The history that all agents of the session share. */
  readonly history: string[];
  /** Where it keeps what it was told besides, if it is to. */
  readonly messageStore?: Pick<MessageStore, 'getAll' | 'append'>;
}

/**
 * Behaves as the agent of `@looopy-ai/core` does towards a server and a store: the order of its calls, its failures as
 * events and in `state.error`, and a turn that goes on although nobody is subscribed any more.
 */
export class StandInAgent implements Agent {
  readonly agentId = 'stand-in';
  readonly contextId: string;
  readonly #options: StandInOptions;
  #state: AgentState;
  #isLoaded = false;

  constructor(options: StandInOptions) {
    this.contextId = options.contextId;
    this.#options = options;
    const now = new Date();
    this.#state = { status: 'created', turnCount: 0, lastActivity: now, createdAt: now };
    void this.#save({}).catch(() => {}); // Failures are only logged.
  }

  get state(): AgentState {
    return { ...this.#state };
  }

  async startTurn(message: string | null, _options: StartTurnOptions = {}): Promise<Observable<AgentEvent>> {
    const taskId = `task-${this.#state.turnCount + 1}`;
    const failed = (text: string) => event('task-status', { taskId, status: 'failed', message: text });
    const refuse = (text: string) =>
      new Observable<AgentEvent>((to) => to.next(failed(text)) ?? to.complete());
    if (this.#state.status === 'busy' || this.#state.status === 'error') {
      return refuse(`The agent is ${this.#state.status}.`);
    }
    const begun = this.#options.loadsLate ? undefined : await this.#begin();
    if (begun?.failure !== undefined) return refuse(begun.failure);
    return new Observable((subscriber) => {
      // Not stopped by unsubscribing: the model and its tools go on, and so does the save at the end.
      void this.#run(message, taskId, subscriber, failed);
    });
  }

  async shutdown(): Promise<void> {
    await this.#save({ status: 'shutdown' });
  }

  /** Loads the session if it must, and says that it is busy. */
  async #begin(): Promise<{ failure?: string }> {
    try {
      if (!this.#isLoaded) await this.#load();
      await this.#save({ status: 'busy' });
      return {};
    } catch (error) {
      return { failure: await this.#break(error) };
    }
  }

  async #load(): Promise<void> {
    const stored = await this.#options.agentStore.load(this.contextId);
    await this.#options.messageStore?.getAll(this.contextId);
    this.#isLoaded = true;
    const status = stored?.status === 'waiting-input' ? stored.status : 'idle';
    this.#state = { ...this.#state, ...stored };
    await this.#save({ status });
  }

  async #run(
    message: string | null,
    taskId: string,
    subscriber: Subscriber<AgentEvent>,
    failed: (text: string) => AgentEvent,
  ): Promise<void> {
    const { failure } = this.#options.loadsLate ? await this.#begin() : {};
    if (failure !== undefined) {
      subscriber.next(failed(failure));
      subscriber.complete();
      return;
    }
    subscriber.next(event('task-created', { taskId }));
    subscriber.next(event('task-status', { taskId, status: 'working' }));
    try {
      if (message !== null) {
        await this.#options.messageStore?.append(this.contextId, { role: 'user', content: message });
        this.#options.history.push(message);
      }
      let content = '';
      const say = (delta: string) => {
        content += delta;
        subscriber.next(event('content-delta', { taskId, delta }));
      };
      await this.#options.model({ agent: this, message, say });
      await this.#save({ status: 'idle', turnCount: this.#state.turnCount + 1 });
      subscriber.next(event('task-complete', { taskId, content }));
    } catch (error) {
      subscriber.next(failed(await this.#break(error)));
    }
    subscriber.complete();
  }

  /** Turns the agent to `error`, for good. */
  async #break(thrown: unknown): Promise<string> {
    const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
    const error: SerializedError = { name, message };
    if (isAgentStoreError(thrown)) error.code = thrown.code;
    this.#state = { ...this.#state, error };
    await this.#save({ status: 'error' }).catch(() => {});
    return message;
  }

  async #save(changes: Partial<AgentState>): Promise<void> {
    this.#state = { ...this.#state, ...changes, lastActivity: new Date() };
    await this.#options.agentStore.save(this.contextId, { ...this.#state });
  }
}
