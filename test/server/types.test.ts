import type { Observable } from 'rxjs';
import { expectTypeOf, it } from 'vitest';
import { type AgentState, type RequestContext, type ServeConfig, serve } from '../../src/index.js';

/** The parts of the `Agent` of `@looopy-ai/core` that a server drives, with types narrower than those of the port. */
declare class CoreAgent {
  constructor(options: { agentId: string; contextId: string });
  readonly agentId: string;
  readonly contextId: string;
  get state(): Readonly<AgentState>;
  startTurn(
    userMessage: string | null,
    options?: {
      authContext?: { userId: string; scopes?: string[] };
      taskId?: string;
      metadata?: Record<string, unknown>;
      inputs?: { inputId: string; value: unknown }[];
      credentials?: { authId: string; credential: string }[];
    },
  ): Promise<Observable<{ kind: 'task-created'; taskId: string } | { kind: 'content-delta'; delta: string }>>;
  shutdown(): Promise<void>;
}

it('takes an authorization of the caller’s own type, given or inferred', () => {
  interface User {
    readonly userId: string;
  }
  const agent = async (contextId: string) => new CoreAgent({ agentId: 'a', contextId });
  const authorize = ({ userId }: User, contextId: string) => contextId.startsWith(userId);
  const decodeAuthorization = async (header: string): Promise<User | null> => ({ userId: header });
  const config = { agent, decodeAuthorization, authorize };
  expectTypeOf(config).toExtend<ServeConfig<User>>();
  expectTypeOf(config).toExtend<ServeConfig>();
  expectTypeOf(serve<User>).toBeCallableWith(config);
  expectTypeOf(serve).toBeCallableWith({
    agent,
    decodeAuthorization: async (userId: string) => ({ userId }),
    authorize: ({ userId }, contextId) => userId === contextId,
  });
});

it('takes an agent of the core library, and a factory with or without the request', () => {
  type Factory = ServeConfig['agent'];
  expectTypeOf(async (contextId: string) => new CoreAgent({ agentId: 'a', contextId })).toExtend<Factory>();
  expectTypeOf(
    async (contextId: string, { userId = 'nobody' }: RequestContext) =>
      new CoreAgent({ agentId: userId, contextId }),
  ).toExtend<Factory>();
  expectTypeOf({ agent: async (contextId: string) => new CoreAgent({ agentId: 'a', contextId }) }).toExtend<
    Parameters<typeof serve>[0]
  >();
});
