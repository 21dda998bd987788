import { setTimeout as wait } from 'node:timers/promises';
import type { Agent, AgentEvent, AgentEventObserver, AgentEventStream } from '../../src/domain/agent.js';
import type { AgentState } from '../../src/domain/agent-state.js';
import type { AgentStore } from '../../src/domain/agent-store.js';
import { isAgentStoreError } from '../../src/domain/errors.js';
import type { MessageStore } from '../../src/domain/message-store.js';

/** What a prompt of the soak asks for: `<id> <deltas> <milliseconds between them>`. */
export function writePrompt(id: string, deltas: number, delayMs: number): string {
  return `${id} ${deltas} ${delayMs}`;
}

/**
 * An agent with the order of calls of the one of `@looopy-ai/core`, its failures, and its habit to go on unseen when nobody is subscribed
 * any more. It answers each prompt with as many pieces as that asks for, and keeps the ids of those that it has completed.
 */
export class SoakAgent implements Agent {
  readonly agentId = 'soak';
  readonly contextId: string;
  readonly #agentStore: Pick<AgentStore, 'load' | 'save'>;
  readonly #messageStore: MessageStore;
  #state: AgentState;
  #isLoaded = false;

  constructor(contextId: string, agentStore: Pick<AgentStore, 'load' | 'save'>, messageStore: MessageStore) {
    this.contextId = contextId;
    this.#agentStore = agentStore;
    this.#messageStore = messageStore;
    const now = new Date();
    this.#state = { status: 'created', turnCount: 0, lastActivity: now, createdAt: now };
    void this.#save({}).catch(() => {}); // Failures are only logged.
  }

  get state(): AgentState {
    return { ...this.#state };
  }

  async startTurn(message: string | null): Promise<AgentEventStream> {
    const failed = (text: string): AgentEvent[] => [
      this.#event('task-status', { status: 'failed', message: text }),
    ];
    if (this.#state.status === 'busy' || this.#state.status === 'error')
      return streamOf(failed(`The agent is ${this.#state.status}.`));
    try {
      if (!this.#isLoaded) await this.#load();
      await this.#save({ status: 'busy' });
    } catch (error) {
      return streamOf(failed(await this.#break(error)));
    }
    return { subscribe: (observer) => this.#run(message ?? '', observer) };
  }

  async shutdown(): Promise<void> {
    await this.#save({ status: 'shutdown' });
  }

  #run(prompt: string, observer: AgentEventObserver): { unsubscribe(): void } {
    let isSubscribed = true;
    const emit = (event: AgentEvent) => {
      if (isSubscribed) observer.next(event);
    };
    void this.#work(prompt, emit).then(() => {
      if (isSubscribed) observer.complete();
    });
    return {
      unsubscribe: () => {
        isSubscribed = false;
      },
    };
  }

  async #work(prompt: string, emit: (event: AgentEvent) => void): Promise<void> {
    const [id = '', deltas = '1', delayMs = '0'] = prompt.split(' ');
    emit(this.#event('task-created', {}));
    try {
      await this.#messageStore.append(this.contextId, [{ role: 'user', content: id }]);
      for (let delta = 1; delta <= Number(deltas); delta++) {
        emit(this.#event('content-delta', { delta: `${id}/${delta}` }));
        await wait(Number(delayMs));
      }
      emit(this.#event('llm-usage', { usage: { totalTokens: Number(deltas) } }));
      await this.#messageStore.append(this.contextId, [{ role: 'assistant', content: `answer to ${id}` }]);
      const done = [...completedOf(this.#state), id];
      await this.#save({ status: 'idle', turnCount: this.#state.turnCount + 1, metadata: { done } });
      emit(this.#event('task-complete', { content: `answer to ${id}` }));
    } catch (error) {
      emit(this.#event('task-status', { status: 'failed', message: await this.#break(error) }));
    }
  }

  async #load(): Promise<void> {
    const stored = await this.#agentStore.load(this.contextId);
    this.#state = { ...this.#state, ...stored };
    await this.#messageStore.getAll(this.contextId);
    this.#isLoaded = true;
    await this.#save({ status: 'idle' });
  }

  async #break(thrown: unknown): Promise<string> {
    const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
    const code = isAgentStoreError(thrown) ? { code: thrown.code } : {};
    this.#state = { ...this.#state, error: { name, message, ...code } };
    await this.#save({ status: 'error' }).catch(() => {});
    return message;
  }

  async #save(changes: Partial<AgentState>): Promise<void> {
    this.#state = { ...this.#state, ...changes, lastActivity: new Date() };
    await this.#agentStore.save(this.contextId, { ...this.#state });
  }

  #event(kind: string, fields: object): AgentEvent {
    const event = { kind, contextId: this.contextId, ...fields };
    return event;
  }
}

/** The ids of the prompts that a session has completed, oldest first. */
export function completedOf(state: AgentState): string[] {
  const { done }: { done?: unknown } = { ...state.metadata };
  return Array.isArray(done) ? done.map(String) : [];
}

function streamOf(events: readonly AgentEvent[]): AgentEventStream {
  return {
    subscribe(observer) {
      for (const event of events) observer.next(event);
      observer.complete();
      return { unsubscribe() {} };
    },
  };
}
