import { describe, expect, it, vi } from 'vitest';
import { createAgent } from '../../src/agent/create-agent.js';
import type { TurnContext } from '../../src/agent/turn-context.js';
import type { AgentEvent } from '../../src/domain/agent.js';
import { AgentStoreError } from '../../src/domain/errors.js';
import { InMemoryAgentStore, InMemoryMessageStore } from '../../src/stores.js';
import { collect, createSession, type Turn } from './session.js';

const noted = {
  ...{ id: 'a', taskId: 'b', message: 'c', reads: [], questions: [] },
  start: { status: 'busy', turnCount: 1, createdAt: new Date(), lastActivity: new Date() },
};

const kinds = (events: readonly AgentEvent[]) => events.map(({ kind }) => kind);
const done = new InMemoryAgentStore({ agentId: 'a' });

const hello: Turn = async function* ({ message }) {
  yield 'You said: ';
  yield message;
};

function fail(thrown: unknown): never {
  throw thrown;
}

/** What an agent does to its stores and sends, in order. */
function record(session: ReturnType<typeof createSession>): string[] {
  const log: string[] = [];
  const { holder, messageStore } = session;
  const { save, load } = holder;
  const { append } = messageStore;
  vi.spyOn(holder, 'load').mockImplementation((id) => {
    log.push('load');
    return load.call(holder, id);
  });
  vi.spyOn(holder, 'save').mockImplementation(async (id, state) => {
    await save.call(holder, id, state);
    log.push(`saved ${state.status}`);
  });
  vi.spyOn(messageStore, 'append').mockImplementation(async (id, messages) => {
    await append.call(messageStore, id, messages);
    log.push('appended');
  });
  return log;
}

describe('an agent that is made of a turn', () => {
  it('loads once, and saves and keeps what was said before the last event', async () => {
    const session = createSession(async function* (context) {
      yield* hello(context);
      if (context.message === 'ask') await context.ask({ prompt: 'Why?' });
      if (context.message === 'fail') throw new Error('no');
    });
    const log = record(session);
    const send = async (message: string) => {
      const stream = await session.agent.startTurn(message);
      await new Promise<void>((complete, error) => {
        stream.subscribe({ next: ({ kind }) => log.push(kind), error, complete });
      });
      return log.splice(0);
    };
    const said = ['task-created', 'task-status', 'content-delta', 'content-delta', 'content-complete'];
    expect(await send('hi')).toEqual([
      ...['load', 'saved busy', 'appended'],
      ...said,
      ...['appended', 'saved idle', 'task-complete'],
    ]);
    expect(await send('ask')).toEqual([
      ...['saved busy', 'appended'],
      ...said,
      ...['appended', 'saved waiting-input', 'tool-input-required', 'task-status'],
    ]);
    expect(await send('fail')).toEqual([
      ...['saved busy', 'appended'],
      ...said.slice(0, -1),
      ...['appended', 'saved error', 'task-status'],
    ]);
    await session.agent.shutdown();
    expect(log).toEqual(['saved shutdown']);
  });

  it('stores nothing of a session that it was never asked about', async () => {
    const session = createSession(hello);
    expect(session.agent.state.status).toBe('created');
    await session.agent.shutdown();
    expect(await session.agentStore.load('s')).toBeNull();
  });

  it('keeps the conversation of many turns, and needs no message store', async () => {
    const session = createSession(async function* ({ history }) {
      yield (await history()).map(({ content }) => content).join(' ');
    });
    await session.send('one');
    expect((await session.send('two')).at(-1)).toMatchObject({ content: 'one one two' });
    const alone = createAgent({ agentId: 'a', contextId: 's', agentStore: done, turn: hello });
    expect((await collect(alone, 'three')).at(-1)).toMatchObject({ content: 'You said: three' });
    const remembers: Turn = async function* ({ history, ask }) {
      yield `${(await history()).length} ${await ask({ prompt: 'x' })}`;
    };
    const asking = createAgent({ agentId: 'a', contextId: 't', agentStore: done, turn: remembers });
    await collect(asking, 'four');
    const inputs = (asking.state.pendingToolInputs ?? []).map(({ inputId }) => ({ inputId, value: 'y' }));
    expect((await collect(asking, null, { inputs })).at(-1)).toMatchObject({ content: '1 y' });
  });

  it('sends events as they are, with the ids of the session and the task', async () => {
    const session = createSession(async function* () {
      yield { kind: 'llm-usage', inputTokens: 3 };
      yield '';
      yield { kind: 'tool-progress', contextId: 'own', taskId: 'own' };
    });
    const sent = await session.send('hi', { taskId: 'task-1' });
    expect(sent.slice(2)).toEqual([
      { kind: 'llm-usage', contextId: 's', taskId: 'task-1', inputTokens: 3 },
      { kind: 'tool-progress', contextId: 'own', taskId: 'own' },
      { kind: 'task-complete', contextId: 's', taskId: 'task-1', content: '' },
    ]);
    // Nothing was said.
    expect(await session.said()).toEqual(['user: hi']);
  });

  it('asks for credentials, which are nowhere but in the stored state, until the turn ends', async () => {
    const session = createSession(async function* ({ askForCredential, ask, authContext }) {
      const token = await askForCredential({
        ...{
          prompt: 'Sign in.',
          authType: 'oauth2',
          provider: 'calendar',
          scopes: ['read'],
          metadata: { a: 1 },
        },
      });
      const other = await askForCredential({ prompt: 'And there.' });
      const more = await ask({ prompt: 'More?', schema: { type: 'string' }, inputType: 'data' });
      yield `${token === 'secret-1'} ${other === 'secret-2'} ${more} ${String(authContext)}`;
    });
    const asked = await session.send('hi');
    expect(asked.slice(-2)).toMatchObject([
      {
        kind: 'auth-required',
        authType: 'oauth2',
        provider: 'calendar',
        scopes: ['read'],
        metadata: { a: 1 },
      },
      { kind: 'task-status', status: 'waiting-auth' },
    ]);
    for (const credential of ['secret-1', 'secret-2']) {
      session.restart();
      const [request] = (await session.agentStore.load('s'))?.pendingAuthRequests ?? [];
      const authId = String(request?.authId);
      expect(await session.send(null, { inputs: [{ inputId: authId, value: credential }] })).toMatchObject([
        { code: 'NOT_ASKED' },
      ]);
      const sent = await session.send(null, { credentials: [{ authId, credential }] });
      expect(sent[0]).toMatchObject({ kind: 'auth-completed', authId });
      expect(JSON.stringify([sent, session.agent.state])).not.toContain('secret');
    }
    expect(await session.agentStore.load('s')).toMatchObject({
      status: 'waiting-input',
      pendingToolInputs: [{ prompt: 'More?', schema: { type: 'string' }, inputType: 'data' }],
    });
    const inputs = (session.agent.state.pendingToolInputs ?? []).map(({ inputId }) => ({
      inputId,
      value: 7,
    }));
    const end = await session.send(null, { inputs, authContext: 'Ada' });
    expect(end.at(-1)).toMatchObject({ content: 'true true 7 Ada' });
    expect(await session.said()).toEqual([
      'user: hi',
      'assistant: Sign in.',
      'user: The credential was given.',
      'assistant: And there.',
      'user: The credential was given.',
      'assistant: More?',
      'user: 7',
      'assistant: true true 7 Ada',
    ]);
    expect(JSON.stringify(await session.agentStore.load('s'))).not.toContain('secret');
  });

  it('counts a turn that goes on after an answer as one of its own', async () => {
    const session = createSession(async function* ({ ask }) {
      yield String(await ask({ prompt: 'a' }));
    });
    await session.send('hi');
    await session.answer(1);
    expect((await session.agentStore.load('s'))?.turnCount).toBe(2);
  });

  it.each<[string, (context: TurnContext) => unknown, { message?: string; code?: string; name?: string }]>([
    ['throws an error', () => fail(new RangeError('no more')), { name: 'RangeError', message: 'no more' }],
    ['throws what is no error', () => fail('no more'), { name: 'Error', message: 'no more' }],
    ['asks without a prompt', ({ ask }) => ask({ prompt: '' }), { code: 'MISUSED' }],
    [
      'asks what cannot be stored',
      ({ ask }) => ask({ prompt: 'x', options: [() => 1] }),
      { code: 'UNSERIALIZABLE' },
    ],
  ])(
    'fails with the message and no stack if the turn %s, and runs the next one',
    async (_, broken, error) => {
      const session = createSession(async function* (context) {
        yield* hello(context);
        if (context.message === 'hi') await broken(context);
      });
      const sent = await session.send('hi');
      const { message = expect.any(String), code } = error;
      expect(sent.at(-1)).toMatchObject({
        kind: 'task-status',
        status: 'failed',
        message,
        ...(code && { code }),
      });
      expect(sent.at(-1)).not.toHaveProperty('stack');
      const state = await session.agentStore.load('s');
      expect(state).toMatchObject({ status: 'error', error });
      expect(state?.error).not.toHaveProperty('stack');
      expect((await session.send('ok')).at(-1)).toMatchObject({ kind: 'task-complete' });
      expect(await session.agentStore.load('s')).not.toHaveProperty('error');
    },
  );

  it('says what a turn must be', async () => {
    const session = createSession(hello);
    // @ts-expect-error: what is easily written without types.
    session.restart(async () => undefined);
    expect((await session.send('hi')).at(-1)).toMatchObject({
      code: 'MISUSED',
      message: expect.stringContaining('async *turn'),
    });
  });

  it('tells the turn that what it has yielded is no output', async () => {
    const session = createSession(async function* () {
      try {
        yield JSON.parse('[]');
      } catch (error) {
        yield String(error);
      }
    });
    expect((await session.send('hi')).at(-1)).toMatchObject({
      content: 'AgentError: A turn yields text, or events, which have a "kind".',
    });
  });

  it('says of a failure that cannot be stored why, and what it was', async () => {
    const session = createSession(async function* ({ message }) {
      yield 'so far';
      if (message === 'twice') fail(new Error('The model is overloaded.'));
      const unavailable = new AgentStoreError('UNAVAILABLE', 'No answer.');
      vi.spyOn(session.holder, 'save').mockRejectedValueOnce(unavailable);
      fail(new Error('The model is overloaded.'));
    });
    expect((await session.send('hi')).at(-1)).toMatchObject({ message: 'No answer.', code: 'UNAVAILABLE' });
    expect(session.agent.state).toMatchObject({
      status: 'error',
      error: { code: 'UNAVAILABLE', cause: { message: 'The model is overloaded.' } },
    });
    // The next turn begins with what is stored.
    expect(kinds(await session.send('twice'))).toContain('content-delta');
    expect(session.agent.state).toMatchObject({ error: { message: 'The model is overloaded.' } });
  });

  it.each(['load', 'save'] as const)(
    'says of a %s that fails what it was, and tries again',
    async (method) => {
      const session = createSession(hello);
      const load = vi.spyOn(session.holder, 'load');
      const failing = method === 'load' ? load : vi.spyOn(session.holder, method);
      failing.mockRejectedValueOnce(new AgentStoreError('CONFLICT', 'Another one.'));
      expect(await session.send('hi')).toMatchObject([
        { status: 'failed', message: 'Another one.', code: 'CONFLICT' },
      ]);
      expect(session.agent.state.error).toMatchObject({ code: 'CONFLICT' });
      expect((await session.send('hi')).at(-1)).toMatchObject({ kind: 'task-complete' });
      // What is stored may be another process's by now.
      expect(load).toHaveBeenCalledTimes(2);
    },
  );

  it('tells a step that still runs that its turn has failed', async () => {
    const reasons: unknown[] = [];
    const session = createSession(async function* ({ signal, step }) {
      yield 'begun';
      void step('slow', ({ signal: ours }) => {
        return new Promise((resolve) => {
          ours.addEventListener('abort', () => resolve(reasons.push(ours.reason, signal.reason)));
        });
      });
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('No luck.');
    });
    expect((await session.send('hi')).at(-1)).toMatchObject({ status: 'failed', message: 'No luck.' });
    const ended = expect.objectContaining({ name: 'AbortError', message: 'The turn has ended.' });
    expect(reasons).toEqual([ended, ended]);
  });

  it('runs one turn at a time, for one subscriber, and no other once it was stopped', async () => {
    const log: string[] = [];
    const session = createSession(async function* ({ signal, step, ask }) {
      try {
        yield 'begun';
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await step('after', () => log.push('work')).catch((error: unknown) => log.push(String(error)));
        await ask({ prompt: 'x' }).catch((error: unknown) => log.push(String(error)));
        yield 'unheard';
        log.push('unreachable');
      } finally {
        log.push('cleaned up');
      }
    });
    const stream = await session.agent.startTurn('hi');
    const heard: string[] = [];
    const observer = {
      next: ({ kind }: AgentEvent) => heard.push(kind),
      error: log.push,
      complete: log.push,
    };
    const subscription = stream.subscribe(observer);
    expect(() => stream.subscribe(observer)).toThrow('one subscriber');
    expect(await session.send('other')).toMatchObject([{ status: 'failed', code: 'TURN_RUNNING' }]);
    await vi.waitFor(() => expect(heard).toContain('content-delta'));
    const stored = await session.agentStore.load('s');
    subscription.unsubscribe();
    subscription.unsubscribe();
    await vi.waitFor(() => expect(log).toContain('cleaned up'));
    const stopped = 'AbortError: The turn was stopped.';
    expect(log).toEqual([stopped, stopped, 'cleaned up']);
    expect(await session.agentStore.load('s')).toEqual(stored);
    expect(await session.send('other')).toMatchObject([{ status: 'failed', code: 'TURN_RUNNING' }]);
  });

  it.each(['running', 'refused'])(
    'hears and stores nothing more of a turn that is stopped while its steps are %s',
    async (end) => {
      const session = createSession(async function* ({ step }) {
        const steps = ['a', 'b'].map((name) =>
          step(name, async function* () {
            await going;
            yield 'unheard';
          }).catch(() => {}),
        );
        yield 'begun';
        await Promise.all(steps);
      });
      let go = () => {};
      const going = new Promise<void>((resolve) => {
        go = resolve;
      });
      const heard: AgentEvent[] = [];
      const stream = await session.agent.startTurn('hi');
      const observer = {
        next: (event: AgentEvent) => heard.push(event),
        error: fail,
        complete: () => fail('ended'),
      };
      const subscription = stream.subscribe(observer);
      await vi.waitFor(() => expect(kinds(heard)).toContain('content-delta'));
      const refusals: (() => void)[] = [];
      const save = vi.spyOn(session.holder, 'save').mockImplementation(
        () =>
          new Promise((_, reject) => {
            refusals.push(() => reject(new AgentStoreError('CONFLICT', 'The agent was stopped.')));
          }),
      );
      if (end === 'refused') {
        go();
        await vi.waitFor(() => expect(save).toHaveBeenCalledTimes(2));
      }
      const { length } = heard;
      subscription.unsubscribe();
      go();
      for (const refuse of refusals) refuse();
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      expect(heard).toHaveLength(length);
      expect(save).toHaveBeenCalledTimes(end === 'refused' ? 2 : 0);
    },
  );

  it('says nothing more to a caller who leaves while the end is stored', async () => {
    const session = createSession(hello);
    let refuse = () => {};
    const stream = await session.agent.startTurn('hi');
    vi.spyOn(session.holder, 'save').mockImplementation(
      () =>
        new Promise((_, reject) => {
          refuse = () => reject(new AgentStoreError('CONFLICT', 'The agent was stopped.'));
        }),
    );
    const heard: AgentEvent[] = [];
    const observer = {
      next: (event: AgentEvent) => heard.push(event),
      error: fail,
      complete: () => fail('ended'),
    };
    const subscription = stream.subscribe(observer);
    await vi.waitFor(() => expect(session.holder.save).toHaveBeenCalled());
    subscription.unsubscribe();
    refuse();
    await new Promise(setImmediate);
    expect(kinds(heard).at(-1)).toBe('content-complete');
    expect(session.agent.state.status).toBe('busy');
  });

  it('keeps what a turn changes in the metadata, and what it removes', async () => {
    const session = createSession(async function* ({ state, message }) {
      const { first, ...rest } = state.metadata ?? {};
      state.metadata = message === 'one' ? { first: 1, same: new Date(1) } : { ...rest, second: first };
      yield 'done';
    });
    await session.send('one');
    await session.send('two');
    expect((await session.agentStore.load('s'))?.metadata).toEqual({ second: 1, same: new Date(1) });
  });

  it('tells what still runs that the turn has ended with a question', async () => {
    const reasons: unknown[] = [];
    const session = createSession(async function* ({ ask, signal }) {
      signal.addEventListener('abort', () => reasons.push(String(signal.reason)));
      yield String(await ask({ prompt: 'Which?' }));
    });
    await session.send('hi');
    expect(reasons).toEqual(['AbortError: The turn has ended.']);
    await session.answer('this');
    expect(reasons).toHaveLength(1);
  });

  it('refuses an answer where nothing was asked, and a message with answers', async () => {
    const session = createSession(hello);
    expect(await session.send(null)).toMatchObject([{ status: 'failed', code: 'NOT_ASKED' }]);
    const inputs = [{ inputId: 'x', value: 1 }];
    expect(await session.send(null, { inputs })).toMatchObject([{ code: 'NOT_ASKED' }]);
    expect(await session.send('hi', { inputs })).toMatchObject([{ code: 'MISUSED' }]);
    expect(await session.agentStore.load('s')).toBeNull();
  });

  it.each<[string, unknown]>([
    ['that is no journal', 'text'],
    ['without its calls', { id: 'a', taskId: 'b', message: 'c' }],
    ['with other calls', { ...noted, entries: [5] }],
    ['with calls that lack something', { ...noted, entries: [{}] }],
  ])('goes on from a stored state with a field of that name %s', async (_, turnJournal) => {
    const session = createSession(hello);
    const now = new Date();
    const state = { status: 'idle', turnCount: 2, createdAt: now, lastActivity: now } as const;
    await session.agentStore.save('s', Object.assign({ turnJournal }, state));
    expect(await session.send(null, { inputs: [{ inputId: 'x' }] })).toMatchObject([{ code: 'NOT_ASKED' }]);
    expect((await session.send('hi')).at(-1)).toMatchObject({ kind: 'task-complete' });
    expect(await session.agentStore.load('s')).not.toHaveProperty('turnJournal');
  });

  it.each([
    ['agentId', { agentId: '' }],
    ['contextId', { contextId: '' }],
    ['agentStore', { agentStore: {} }],
    ['messageStore', { messageStore: {} }],
    ['turn', { turn: 'text' }],
    ['messages', { messages: 1 }],
  ])('refuses a wrong option %s', (option, wrong) => {
    const right = { agentId: 'a', contextId: 's', agentStore: done, turn: hello };
    const message = expect.stringContaining(`"${option}"`);
    const options = Object.assign(
      { messageStore: new InMemoryMessageStore({ agentId: 'a' }), ...right },
      wrong,
    );
    expect(() => createAgent(options)).toThrow(expect.objectContaining({ code: 'CONFIGURATION', message }));
  });
});
