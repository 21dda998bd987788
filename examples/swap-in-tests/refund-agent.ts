import { randomUUID } from 'node:crypto';
import type {
  Agent,
  AgentEvent,
  AgentEventStream,
  AgentState,
  AgentStore,
  StartTurnOptions,
} from '../../src/index.js';

/** Pays a refund once somebody has confirmed it: the agent under test, in place of one with a model. */
export class RefundAgent implements Agent {
  readonly agentId = 'refunds';
  state: AgentState = { status: 'created', turnCount: 0, createdAt: new Date(), lastActivity: new Date() };

  constructor(
    readonly contextId: string,
    private readonly agentStore: AgentStore,
  ) {}

  async startTurn(message: string | null, { inputs = [] }: StartTurnOptions = {}): Promise<AgentEventStream> {
    this.state = (await this.agentStore.load(this.contextId)) ?? this.state;
    const events = message === null ? await this.#resume(inputs) : await this.#ask(message);
    return {
      subscribe(observer) {
        for (const event of events) observer.next(event);
        observer.complete();
        return { unsubscribe() {} };
      },
    };
  }

  async shutdown(): Promise<void> {}

  async #ask(order: string): Promise<AgentEvent[]> {
    const ids = { inputId: randomUUID(), toolCallId: randomUUID(), taskId: randomUUID() };
    const question = { ...ids, inputType: 'confirmation', prompt: `Refund order ${order}?` } as const;
    const pending = { ...question, toolName: 'refund', toolArguments: { order } };
    await this.#save({ status: 'waiting-input', pendingToolInputs: [pending] });
    return [{ kind: 'tool-input-required', ...question }];
  }

  async #resume(inputs: NonNullable<StartTurnOptions['inputs']>): Promise<AgentEvent[]> {
    const pending = this.state.pendingToolInputs?.find(({ inputId }) => inputId === inputs[0]?.inputId);
    const refunded = pending && inputs[0]?.value === true ? [pending.toolArguments.order] : [];
    await this.#save({ status: 'idle', pendingToolInputs: undefined, metadata: { refunded } });
    return [{ kind: 'task-complete' }];
  }

  async #save(changes: Partial<AgentState>): Promise<void> {
    this.state = { ...this.state, ...changes, turnCount: this.state.turnCount + 1, lastActivity: new Date() };
    await this.agentStore.save(this.contextId, this.state);
  }
}
