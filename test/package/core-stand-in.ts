/**
 * Stands in for `@looopy-ai/core`: the part of its interface that this package meets, and an agent behind it that calls
 * its store as that one does.
 */
export const coreStandIn: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: '@looopy-ai/core',
    version: '3.0.0',
    type: 'module',
    exports: { types: './index.d.ts', default: './index.js' },
  }),
  'index.d.ts': `
import type { Observable } from 'rxjs';

export type AgentStatus = 'created' | 'idle' | 'busy' | 'waiting-input' | 'waiting-auth' | 'shutdown' | 'error';

export interface SerializedError {
  name: string;
  message: string;
  stack?: string;
  cause?: SerializedError;
  [key: string]: unknown;
}

export interface PendingToolInput {
  inputId: string;
  toolCallId: string;
  toolName: string;
  toolArguments: Record<string, unknown>;
  taskId: string;
  inputType: 'confirmation' | 'clarification' | 'selection' | 'data';
  prompt: string;
  schema?: Record<string, unknown>;
  options?: unknown[];
  isLlmRequest?: boolean;
}

export interface PendingAuthRequest {
  authId: string;
  authType: 'oauth2' | 'api-key' | 'pat' | 'password' | 'custom';
  toolCallId: string;
  toolName: string;
  toolArguments: Record<string, unknown>;
  taskId: string;
  prompt: string;
  provider?: string;
  scopes?: string[];
  metadata?: Record<string, unknown>;
}

export interface AgentState {
  status: AgentStatus;
  turnCount: number;
  lastActivity: Date;
  createdAt: Date;
  error?: SerializedError;
  pendingToolInputs?: PendingToolInput[];
  pendingAuthRequests?: PendingAuthRequest[];
  metadata?: Record<string, unknown>;
}

export interface AgentStore {
  load(contextId: string): Promise<AgentState | null>;
  save(contextId: string, state: AgentState): Promise<void>;
  delete?(contextId: string): Promise<void>;
}

export interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
  name?: string;
  toolCalls?: { id: string; type: string; function: { name: string; arguments: Record<string, unknown> } }[];
  toolCallId?: string;
}

export interface CompactionResult {
  summaryMessages: Message[];
  compactedRange: { start: number; end: number };
  tokensSaved: number;
}

export interface MessageStore {
  append(contextId: string, messages: Message[]): Promise<void>;
  getRecent(contextId: string, options?: { maxMessages?: number; maxTokens?: number }): Promise<Message[]>;
  getAll(contextId: string): Promise<Message[]>;
  getCount(contextId: string): Promise<number>;
  getRange(contextId: string, start: number, end: number): Promise<Message[]>;
  compact(
    contextId: string,
    options?: {
      keepRecent?: number;
      targetTokens?: number;
      strategy?: 'sliding-window' | 'summarization' | 'hierarchical';
      summaryPrompt?: string;
    },
  ): Promise<CompactionResult>;
  clear(contextId: string): Promise<void>;
}

interface EventBase {
  contextId: string;
  taskId: string;
  path?: string[];
}

export type AgentEvent =
  | (EventBase & { kind: 'task-created' })
  | (EventBase & { kind: 'task-status'; status: string })
  | (EventBase & { kind: 'content-delta'; delta: string; index: number })
  | (EventBase & { kind: 'task-complete'; content?: string });

export interface StartTurnOptions {
  authContext?: { userId?: string };
  taskId?: string;
  metadata?: Record<string, unknown>;
  inputs?: { inputId: string; value: unknown }[];
  credentials?: { authId: string; credential: string }[];
}

export interface AgentConfig {
  agentId: string;
  contextId: string;
  agentStore: AgentStore;
  messageStore?: MessageStore;
}

export declare class Agent {
  #private;
  constructor(config: AgentConfig);
  readonly agentId: string;
  readonly contextId: string;
  get state(): AgentState;
  startTurn(userMessage: string | null, options?: StartTurnOptions): Promise<Observable<AgentEvent>>;
  shutdown(): Promise<void>;
}
`,
  'index.js': `
import { from } from 'rxjs';

export class Agent {
  #store;
  #messages;
  #state = { status: 'created', turnCount: 0, createdAt: new Date(), lastActivity: new Date() };
  #isLoaded = false;

  constructor({ agentId, contextId, agentStore, messageStore }) {
    this.agentId = agentId;
    this.contextId = contextId;
    this.#store = agentStore;
    this.#messages = messageStore;
    agentStore.save(contextId, { ...this.#state }).catch((error) => console.error(error));
  }

  get state() {
    return { ...this.#state };
  }

  async startTurn(userMessage, { taskId = 'task-1' } = {}) {
    if (!this.#isLoaded) {
      this.#state = (await this.#store.load(this.contextId)) ?? this.#state;
      await this.#save({ status: 'idle' });
      this.#isLoaded = true;
    }
    await this.#save({ status: 'busy' });
    await this.#messages?.append(this.contextId, [{ role: 'user', content: userMessage }]);
    await this.#messages?.append(this.contextId, [{ role: 'assistant', content: userMessage }]);
    const turnCount = this.#state.turnCount + 1;
    await this.#save({ status: 'idle', turnCount, pendingToolInputs: undefined, pendingAuthRequests: undefined });
    const ids = { contextId: this.contextId, taskId };
    return from([
      { kind: 'task-created', ...ids },
      { kind: 'content-delta', ...ids, delta: userMessage, index: 0 },
      { kind: 'task-complete', ...ids, content: userMessage },
    ]);
  }

  async shutdown() {
    await this.#save({ status: 'shutdown' });
  }

  async #save(changes) {
    this.#state = { ...this.#state, ...changes, lastActivity: new Date() };
    await this.#store.save(this.contextId, { ...this.#state });
  }
}
`,
};
