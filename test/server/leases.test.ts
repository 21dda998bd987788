import { AsyncResource } from 'node:async_hooks';
import { Subject } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import {
  InMemoryAgentStore,
  InMemoryMessageStore,
  InMemoryRecordStore,
  InMemoryTurnStore,
} from '../../src/adapters/memory/index.js';
import { runInAgentScope } from '../../src/domain/agent-scope.js';
import type { AgentState } from '../../src/domain/agent-state.js';
import type { AgentStore } from '../../src/domain/agent-store.js';
import { getRequestContext, type ServeConfig } from '../../src/index.js';
import { RunningTurn } from '../../src/server/sessions/running-turn.js';
import { event } from './fake-agent.js';
import { callRaw, readAll, readEvents, readKinds, startServer, type TestServer } from './harness.js';
import { attach, codeOf, eventually, openTurns, say, startSharing, startTwo } from './shared-servers.js';
import { type Model, StandInAgent } from './stand-in-agent.js';

const prompt = { prompt: 'hi' };
const agentId = 'a';
/** More than what a rival waits beyond the end of a lease, with the lease. */
const longMs = 60_000;

const ask = async (server: TestServer, body: object = prompt) => readAll(await server.post('s', body));

/** Waits until a server can begin a turn. */
async function takeOver(server: TestServer, body: object = prompt): Promise<Response> {
  let response = await server.post('s', body);
  for (; response.status === 409; response = await server.post('s', body)) await response.body?.cancel();
  return response;
}

describe('two servers with one turn store', () => {
  it('run one turn of a session at a time: the other answers 409, has made no agent and written nothing', async () => {
    const { script, running } = openTurns();
    const { one, two } = await startTwo({ script });
    const sent = one.post('s', prompt);
    const turn = await running();
    const refused = await two.post('s', prompt);
    expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toMatchObject([
      409,
      '1',
      { error: { code: 'TURN_RUNNING' } },
    ]);
    expect([two.agents, two.line.writes]).toEqual([[], 0]);
    expect((await two.health()).status).toBe('Healthy');
    const other = two.post('t', prompt);
    (await running(2)).complete();
    expect(await readKinds(await other)).toEqual(['task-complete']);
    turn.complete();
    expect(await readKinds(await sent)).toEqual(['task-complete']);
  });

  it('let whoever has heard the last event begin the next turn on the other one at once, 200 times in a row', async () => {
    const { one, two } = await startTwo();
    for (let turn = 0; turn < 200; turn++) {
      const response = await (turn % 2 === 0 ? one : two).post('s', prompt);
      expect(response.status).toBe(200);
      for await (const { kind } of readEvents(response)) if (kind === 'task-complete') break;
    }
    expect(await two.turnStore.listRunningTurns().catch(({ code }) => code)).toBe('CONFIGURATION');
  });

  it('let whoever has heard the last event by attaching begin the next turn at once', async () => {
    const { script, running } = openTurns();
    const { one, two } = await startTwo({ script });
    for (let nth = 1; nth <= 20; nth++) {
      const [runs, hears] = nth % 2 === 0 ? [one, two] : [two, one];
      const asked = await runs.post('s', prompt);
      expect(asked.status).toBe(200);
      const turn = await running(nth);
      const attached = await attach(hears, 's');
      turn.complete();
      expect(await readKinds(attached)).toEqual(['task-complete']);
    }
  });

  it('begin one turn if many are asked for at the same time', async () => {
    const { script, running, turns } = openTurns();
    const { one, two } = await startTwo({ script });
    const answers = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : two).post('s', prompt));
    (await running()).complete();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 409]));
    expect(statuses.filter((status) => status === 200)).toHaveLength(turns.length);
    for (const turn of turns) turn.complete();
  });
});

describe('a turn whose server cannot renew its lease', () => {
  /** Server one runs a turn of an agent that saves, and is cut off; server two has a clock that the test moves on. */
  async function startCutOff(how: 'refused' | 'unanswered') {
    const records = new InMemoryRecordStore();
    const agentStore = new InMemoryAgentStore({ agentId, records });
    const saves: Promise<unknown>[] = [];
    const stores: AgentStore[] = [];
    const contexts: unknown[] = [];
    const turn = new Subject<void>();
    let ahead = 0;
    const config: Partial<ServeConfig> & { turns: object } = {
      turns: { leaseSeconds: 0.6, now: () => Date.now() + ahead },
      agentStore,
      agent: async (contextId, context) => {
        stores.push(context.agentStore);
        const model: Model = async ({ message, say }) => {
          contexts.push(getRequestContext());
          say('hello');
          if (message === 'wait') await new Promise<void>((resolve) => turn.subscribe(() => resolve()));
          saves.push(Promise.resolve());
        };
        return new StandInAgent({ contextId, agentStore: context.agentStore, model, history: [] });
      },
    };
    const one = await startSharing({ ...config, records, turns: { leaseSeconds: 0.6 } });
    const two = await startSharing({ ...config, records });
    const received = readEvents(await one.post('s', { prompt: 'wait' }));
    for await (const { kind } of { [Symbol.asyncIterator]: () => ({ next: () => received.next() }) })
      if (kind === 'content-delta') break;
    const hearing = readAll(await attach(two, 's'));
    const onOne = readAll(await attach(one, 's'));
    one.line.cut(how);
    const rest = [];
    for await (const each of received) rest.push(each);
    const passTime = () => (ahead += longMs);
    return { one, two, agentStore, stores, contexts, turn, rest, hearing, onOne, passTime };
  }

  it.each(['refused', 'unanswered'] as const)(
    'is stopped before another one can begin, its agent can save no more, and all who hear it hear INTERRUPTED: %s',
    async (how) => {
      const { one, two, agentStore, stores, contexts, turn, rest, hearing, onOne, passTime } =
        await startCutOff(how);
      expect(rest.map(codeOf)).toEqual(['INTERRUPTED']);
      expect((await onOne).slice(-1)).toEqual(rest);
      // Nobody else could begin so far.
      expect((await two.post('s', prompt)).status).toBe(409);
      const busy = await agentStore.peek('s');
      expect(busy).toMatchObject({ status: 'busy' });
      const state = busy ?? expect.fail();
      await expect(stores[0]?.save('s', { ...state, status: 'idle' })).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      passTime();
      expect((await hearing).slice(-1)).toEqual(rest);
      const next = await readAll(await takeOver(two));
      expect(next.at(-1)?.kind).toBe('task-complete');
      const [first, second] = contexts.map((context) => Reflect.get(Object(context), 'fencingToken'));
      expect(second).toBeGreaterThan(first);
      const after = await agentStore.peek('s');
      turn.next();
      one.line.mend();
      // What it still does leaves no trace: the next turn finds what the last one has left.
      await new Promise(setImmediate);
      expect(await agentStore.peek('s')).toEqual(after);
      expect((await ask(one)).at(-1)?.kind).toBe('task-complete');
      expect((await agentStore.peek('s'))?.turnCount).toBe((after?.turnCount ?? 0) + 1);
      expect((await attach(one, 's', rest[0]?.id)).status).toBe(204);
    },
  );

  it('goes on if its server is back in time', async () => {
    const { script, running } = openTurns();
    const { one, two } = await startTwo({ script, turns: { leaseSeconds: 30 } });
    const response = one.post('s', prompt);
    const turn = await running();
    const { writes } = one.line;
    one.line.cut('refused');
    say(turn, 'a');
    await eventually(() => expect(one.line.writes).toBeGreaterThan(writes + 5));
    one.line.mend();
    const attached = readAll(await attach(two, 's'));
    say(turn, 'b');
    turn.complete();
    const sent = await readAll(await response);
    expect(sent.map(({ kind }) => kind)).toEqual(['content-delta', 'content-delta', 'task-complete']);
    expect(await attached).toEqual(sent);
  });
});

describe('a turn that finds the late write of an earlier one', () => {
  /** A server whose agents keep state and history, and somebody who writes late, once an agent has read. */
  async function startLate(writes: 'state' | 'history', lateWrites = 1) {
    const records = new InMemoryRecordStore();
    const open = () => ({
      agentStore: new InMemoryAgentStore({ agentId, records }),
      messageStore: new InMemoryMessageStore({ agentId, records }),
    });
    const { agentStore, messageStore } = open();
    const model = vi.fn<Model>(({ say }) => say('hello'));
    const tokens: unknown[] = [];
    /** What each agent could still do, however late. */
    const agents: { readonly look: () => unknown; readonly save: () => Promise<void> }[] = [];
    let left = 0;
    /** By a holder of its own with the first token there is. */
    const writeLate = async (what: typeof writes) => {
      if (what !== writes || left === 0) return;
      left--;
      const late = open();
      await runInAgentScope({ isRevoked: false, fencingToken: Number(tokens[0]) }, async () => {
        if (what === 'history')
          return late.messageStore.append('s', { role: 'user', content: `late ${left}` });
        const state = await late.agentStore.load('s');
        await late.agentStore.save('s', { ...(state ?? expect.fail()), metadata: { late: left } });
      });
    };
    const agent: ServeConfig['agent'] = async (contextId, context) => {
      tokens.push(context.fencingToken);
      const store = context.agentStore;
      agents.push({
        look: AsyncResource.bind(() => getRequestContext()),
        save: AsyncResource.bind(async () =>
          store.save(contextId, (await store.load(contextId)) ?? expect.fail()),
        ),
      });
      return new StandInAgent({
        contextId,
        agentStore: {
          load: async (id) => {
            const state = await store.load(id);
            await writeLate('state');
            return state;
          },
          save: (id, state: AgentState) => store.save(id, state),
        },
        messageStore: {
          getAll: async (id) => {
            const all = await messageStore.getAll(id);
            await writeLate('history');
            return all;
          },
          append: (id, messages) => messageStore.append(id, messages),
        },
        model,
        history: [],
      });
    };
    const { one, two } = await startTwo({ agent, agentStore, records });
    expect((await ask(one, { prompt: 'first' })).at(-1)?.kind).toBe('task-complete');
    left = lateWrites;
    return { one, two, agentStore, messageStore, model, tokens, agents, records };
  }

  it.each(['state', 'history'] as const)(
    'starts over on a fresh agent, and is run once: %s',
    async (writes) => {
      const { two, agentStore, messageStore, model, tokens, records } = await startLate(writes);
      const sent = await ask(two, { prompt: 'second' });
      expect(sent.map(({ kind }) => kind)).toEqual([
        'task-created',
        'task-status',
        'content-delta',
        'task-complete',
      ]);
      expect(model).toHaveBeenCalledTimes(2);
      expect(tokens).toEqual([tokens[0], tokens[1], tokens[1]]);
      expect(tokens[1]).toBeGreaterThan(Number(tokens[0]));
      const contents = (await messageStore.getAll('s')).map(({ content }) => content);
      expect(contents).toEqual(['first', ...(writes === 'history' ? ['late 0'] : []), 'second']);
      expect(await agentStore.peek('s')).toMatchObject({
        status: 'idle',
        turnCount: 2,
        ...(writes === 'state' && { metadata: { late: 0 } }),
      });
      // The token is in both, so that what is later still is refused.
      const stored = await Promise.all(
        ['context#s', 'message#s'].map((sort) => records.get({ partition: 'agent#a', sort })),
      );
      expect(stored.map((record) => record?.token)).toEqual([tokens[1], tokens[1]]);
      expect(two.logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    },
  );

  it('takes from the agent it replaces the request and the store', async () => {
    const { two, agents, agentStore } = await startLate('state');
    await ask(two, { prompt: 'second' });
    const [, replaced, running] = agents;
    const before = await agentStore.peek('s');
    expect(replaced?.look()).toBeUndefined();
    await expect(replaced?.save()).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await agentStore.peek('s')).toEqual(before);
    await running?.save();
  });

  it('does not try for ever', async () => {
    const { two, model, tokens } = await startLate('state', 99);
    const response = await two.post('s', { prompt: 'second' });
    expect([response.status, await response.json()]).toMatchObject([409, { error: { code: 'CONFLICT' } }]);
    expect([model.mock.calls.length, tokens.length]).toEqual([1, 5]);
  });
});

describe('the fencing token', () => {
  it('is in the context of factory and turn, grows, and is missing without a turn store', async () => {
    const tokens: unknown[] = [];
    const agent: ServeConfig['agent'] = async (contextId, context) => {
      tokens.push(context.fencingToken);
      const agentStore = context.agentStore;
      const model: Model = () => void tokens.push(getRequestContext()?.fencingToken);
      return new StandInAgent({ contextId, agentStore, model, history: [] });
    };
    const records = new InMemoryRecordStore();
    const agentStore = new InMemoryAgentStore({ agentId, records });
    const { one, two } = await startTwo({ agent, agentStore, records });
    for (const server of [one, two, one]) await ask(server);
    const [first = 0, second = 0, third = 0] = [...new Set(tokens)].map(Number);
    expect(tokens).toEqual([first, first, second, second, third, third]);
    expect([first < second, second < third]).toEqual([true, true]);
    const alone = await startSharing({ agent, agentStore, turnStore: undefined });
    tokens.length = 0;
    await ask(alone);
    expect(tokens).toEqual([undefined, undefined]);
  });
});

describe('a turn that is cancelled', () => {
  it.each(['running', 'detached'])(
    'from another server is stopped, and the answer comes when it has: %s',
    async (how) => {
      const { script, running } = openTurns();
      const { one, two } = await startTwo({ script });
      const leaving = new AbortController();
      const asked = one.post('s', prompt, { signal: leaving.signal });
      const turn = await running();
      say(turn, 'a');
      const heard = readAll(await asked).catch(() => 'left');
      const attached = readAll(await attach(two, 's'));
      if (how === 'detached') {
        leaving.abort();
        expect(await heard).toBe('left');
      }
      expect(await (await two.post('s', { type: 'cancel' })).json()).toEqual({ cancelled: true });
      expect(turn.observed).toBe(false);
      expect((await attached).map(codeOf)).toEqual([undefined, 'CANCELLED']);
      if (how === 'running') expect(await heard).toEqual(await attached);
      // The session is free.
      const next = one.post('s', prompt);
      (await running(2)).complete();
      expect(await readKinds(await next)).toEqual(['task-complete']);
      expect(await (await two.post('s', { type: 'cancel' })).json()).toEqual({ cancelled: false });
    },
  );

  it.each(['here', 'elsewhere'])('while it begins does nothing: %s', async (where) => {
    const { one, two } = await startTwo();
    let go = () => {};
    const begin = one.turnStore.begin.bind(one.turnStore);
    one.turnStore.begin = async (...args) => {
      const start = await begin(...args);
      await new Promise<void>((resolve) => (go = resolve));
      return start;
    };
    const response = one.post('s', prompt);
    await eventually(async () => expect(await two.turnStore.runningTurn('s')).not.toBeNull());
    const stop = vi.spyOn(RunningTurn.prototype, 'stop');
    const cancelled = (where === 'here' ? one : two).post('s', { type: 'cancel' });
    if (where === 'here') await eventually(() => expect(stop).toHaveBeenCalled());
    else {
      await eventually(() => expect(two.line.writes).toBeGreaterThan(0));
      const { writes } = one.line;
      await eventually(() => expect(one.line.writes).toBeGreaterThan(writes + 1)); // It is renewed, and so notices.
    }
    stop.mockRestore();
    go();
    expect(await (await cancelled).json()).toEqual({ cancelled: true });
    expect([(await response).status, await (await response).json()]).toMatchObject([
      409,
      { error: { code: 'CANCELLED' } },
    ]);
    expect(one.agents).toEqual([]);
    expect((await ask(two)).at(-1)?.kind).toBe('task-complete');
  });

  it('is the one that runs, also if this server is about to be refused one of its own', async () => {
    const { script, running } = openTurns();
    const { one, two } = await startTwo({ script });
    const asked = one.post('s', prompt);
    await running();
    let go = () => {};
    const begin = two.turnStore.begin.bind(two.turnStore);
    two.turnStore.begin = async (...args) => {
      await new Promise<void>((resolve) => (go = resolve));
      return begin(...args);
    };
    const refused = two.post('s', prompt);
    await eventually(async () => expect((await two.health()).status).toBe('HealthyBusy'));
    const cancelled = two.post('s', { type: 'cancel' });
    expect((await readAll(await asked)).map(codeOf)).toEqual(['CANCELLED']);
    go();
    expect(await (await cancelled).json()).toEqual({ cancelled: true });
    expect((await refused).status).toBe(409);
  });
});

it('a turn is cancelled when its caller leaves, if it is to, and whoever hears it elsewhere hears why', async () => {
  const { script, running } = openTurns();
  const { one, two } = await startTwo({ script, onDisconnect: 'cancel' });
  const socket = callRaw(one, 's');
  const turn = await running();
  say(turn, 'a');
  const attached = readEvents(await attach(two, 's'));
  const left = readEvents(await attach(two, 's'));
  await left.next();
  await left.return(undefined);
  expect((await attached.next()).value?.kind).toBe('content-delta');
  expect(turn.observed).toBe(true);
  socket.resetAndDestroy();
  expect(codeOf((await attached.next()).value ?? undefined)).toBe('CLIENT_GONE');
  expect(turn.observed).toBe(false);
  expect((await takeOver(two)).status).toBe(200);
});

describe('a server that is closed', () => {
  it('ends its turns and gives their sessions back, and others go on', async () => {
    const { script, running } = openTurns();
    const { one, two } = await startTwo({ script });
    const asked = one.post('s', prompt);
    await running();
    const attached = readAll(await attach(two, 's'));
    await one.close();
    expect((await readAll(await asked)).map(codeOf)).toEqual(['STOPPING']);
    expect((await attached).map(codeOf)).toEqual(['STOPPING']);
    const next = two.post('s', prompt);
    (await running(2)).complete();
    expect(await readKinds(await next)).toEqual(['task-complete']);
  });

  it('begins nothing that it was asked for just before', async () => {
    const { one, two } = await startTwo();
    let go = () => {};
    const begin = one.turnStore.begin.bind(one.turnStore);
    one.turnStore.begin = async (...args) => {
      await new Promise<void>((resolve) => (go = resolve));
      return begin(...args);
    };
    const response = one.post('s', prompt);
    await eventually(async () => expect((await one.health()).status).toBe('HealthyBusy'));
    const stop = vi.spyOn(RunningTurn.prototype, 'stop');
    const closed = one.close();
    await eventually(() => expect(stop).toHaveBeenCalled());
    stop.mockRestore();
    go();
    expect([(await response).status, await (await response).json()]).toMatchObject([
      503,
      { error: { code: 'STOPPING' } },
    ]);
    await closed;
    expect(one.agents).toEqual([]);
    expect((await ask(two)).at(-1)?.kind).toBe('task-complete');
  });

  it('waits for its turns, whose last events others hear', async () => {
    const { script, running } = openTurns();
    const { one, two } = await startTwo({ script, shutdownGraceSeconds: 30 });
    const asked = one.post('s', prompt);
    const turn = await running();
    const attached = readAll(await attach(two, 's'));
    const closed = one.close();
    turn.next(event('task-complete', { content: 'done' }));
    turn.complete();
    const sent = await readAll(await asked);
    expect(sent.map(({ kind }) => kind)).toEqual(['task-complete']);
    expect(await attached).toEqual(sent);
    await closed;
  });
});

it('a server whose store does not answer says so, and has begun nothing', async () => {
  const { one, two } = await startTwo();
  one.line.cut('refused');
  const response = await one.post('s', prompt);
  expect([response.status, await response.json()]).toMatchObject([503, { error: { code: 'UNAVAILABLE' } }]);
  expect(one.agents).toEqual([]);
  expect((await one.health()).status).toBe('Healthy');
  one.line.mend();
  expect((await ask(one)).at(-1)?.kind).toBe('task-complete');
  expect((await ask(two)).at(-1)?.kind).toBe('task-complete');
});

it('a turn whose end cannot be written leaves no agent for the next one', async () => {
  const turnStore = new InMemoryTurnStore({ agentId });
  const begin = turnStore.begin.bind(turnStore);
  vi.spyOn(turnStore, 'begin').mockImplementationOnce(async (session, request) => {
    const start = await begin(session, request);
    if (start.outcome !== 'begun') return start;
    const held = start.turn;
    const end = async () => {
      await held.abandon();
      throw new Error('It cannot be written.');
    };
    return {
      ...start,
      turn: new Proxy(held, { get: (_, name) => (name === 'end' ? end : bound(held, name)) }),
    };
  });
  const server = await startServer({ turnStore });
  await (await server.post('s', prompt)).text().catch(() => 'cut off');
  expect((await ask(server)).at(-1)?.kind).toBe('task-complete');
  expect(server.agents.map(({ turns }) => turns.length)).toEqual([1, 1]);
  expect(server.logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
});

/** A part of an object, with its methods bound to the object itself. */
function bound(target: object, name: string | symbol): unknown {
  const part: unknown = Reflect.get(target, name);
  return typeof part === 'function' ? part.bind(target) : part;
}
