import { Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { InMemoryRecordStore, InMemoryTurnStore } from '../../src/adapters/memory/index.js';
import type { AgentEvent } from '../../src/domain/agent.js';
import type { ServeConfig } from '../../src/server/config.js';
import { event, events, type Script } from './fake-agent.js';
import { readAll, startServer, type TestServer } from './harness.js';
import { attach, codeOf, eventually, fast, openTurns, startTwo } from './shared-servers.js';

const prompt = { prompt: 'hi' };

type Config = Partial<ServeConfig> & { script?: Script };

const arrangements: [string, (config: Config) => Promise<readonly [TestServer, TestServer]>][] = [
  [
    'a server alone',
    async (config) => {
      const server = await startServer(config);
      return [server, server];
    },
  ],
  [
    'two servers with one turn store',
    async (config) => {
      const { one, two } = await startTwo(config);
      return [one, two];
    },
  ],
];

/** Uses as many tokens as it is told to, in so many steps, and goes on for ever if nobody stops it. */
const use: Script = ({ agent, message }) => {
  const counts = String(message).split(' ');
  const said = counts
    .filter((word) => word !== 'wait')
    .map((count) => event('llm-usage', { usage: { totalTokens: Number(count) } }));
  if (!counts.includes('wait')) return events(agent, [...said, event('task-complete')]);
  return new Observable<AgentEvent>((to) => {
    for (const each of said) to.next(each);
  });
};

describe.each(arrangements)('the limits of a session, for %s', (_, start) => {
  const say = async (server: TestServer, text: string, session = 's') => {
    const response = await server.post(session, { prompt: text });
    if (response.status !== 200) return [response.status, await response.json()];
    const sent = await readAll(response);
    return sent.at(-1)?.kind === 'error' ? codeOf(sent.at(-1)) : sent.at(-1)?.kind;
  };

  it('are so many turns, and then 429', async () => {
    const [one, two] = await start({ maxTurnsPerSession: 3 });
    for (const server of [one, two, one]) expect(await say(server, 'hi')).toBe('task-complete');
    for (const server of [one, two]) {
      expect(await say(server, 'hi')).toMatchObject([429, { error: { code: 'TURN_LIMIT' } }]);
      expect((await server.health()).status).toBe('Healthy');
    }
    expect(await say(two, 'hi', 'another')).toBe('task-complete');
    // What was refused has used nothing up.
    expect((await attach(two, 's')).status).toBe(204);
  });

  it('count neither turns that were refused nor those that did nothing', async () => {
    const failures = ['no model', 'no model'];
    const { script, running } = openTurns();
    const [one, two] = await start({ maxTurnsPerSession: 2, script });
    const asked = one.post('s', prompt);
    const turn = await running();
    for (const server of [one, two, one]) expect((await server.post('s', prompt)).status).toBe(409);
    turn.complete();
    await readAll(await asked);
    for (const server of [one, two])
      expect((await server.post('s', { prompt: 'hi', idempotencyKey: '' })).status).toBe(400);
    const next = two.post('s', prompt);
    (await running(2)).complete();
    expect((await readAll(await next)).at(-1)?.kind).toBe('task-complete');
    expect((await one.post('s', prompt)).status).toBe(429);
    const [failing] = await start({
      maxTurnsPerSession: 1,
      agent: async () => {
        throw new Error(failures.pop() ?? 'never');
      },
    });
    for (const _ of [1, 2, 3]) expect((await failing.post('s', prompt)).status).toBe(500);
  });

  it('count no repeat of a request with a key, which is answered although the limit is reached', async () => {
    const [one, two] = await start({ maxTurnsPerSession: 1 });
    const body = { ...prompt, idempotencyKey: 'k' };
    const first = await readAll(await one.post('s', body));
    expect(await readAll(await two.post('s', body))).toEqual(first);
    expect((await two.post('s', { ...prompt, idempotencyKey: 'other' })).status).toBe(429);
    expect((await one.post('s', prompt)).status).toBe(429);
    expect(await readAll(await two.post('s', body))).toEqual(first);
  });

  it('are so many tokens: the turn that goes beyond is stopped, and no other begins', async () => {
    const [one, two] = await start({ maxTokensPerSession: 100, script: use });
    expect(await say(one, '60')).toBe('task-complete');
    expect(await say(two, '40')).toBe('task-complete'); // Exactly all of them.
    for (const server of [one, two])
      expect(await say(server, '1')).toMatchObject([429, { error: { code: 'TOKEN_LIMIT' } }]);
    expect(await say(one, '60 wait 30 20', 'another')).toBe('TOKEN_LIMIT');
    for (const server of [one, two])
      expect(await say(server, '1', 'another')).toMatchObject([429, { error: { code: 'TOKEN_LIMIT' } }]);
    expect(await say(two, '100', 'third')).toBe('task-complete');
  });

  it('are told to everybody who hears the turn that is stopped', async () => {
    const { script, running } = openTurns();
    const [one, two] = await start({ maxTokensPerSession: 10, script });
    const asked = one.post('s', prompt);
    const turn = await running();
    const attached = await attach(two, 's');
    turn.next(event('llm-usage', { totalTokens: 11 }));
    turn.next(event('content-delta', { delta: 'not any more' }));
    expect(turn.observed).toBe(false);
    const sent = await readAll(await asked);
    expect(sent.map(({ kind, data }) => data.code ?? kind)).toEqual(['llm-usage', 'TOKEN_LIMIT']);
    expect(await readAll(attached)).toEqual(sent);
  });

  it('are by time too, after which the session is free', async () => {
    const { script, running } = openTurns();
    const [one, two] = await start({ turnTimeoutSeconds: 0.05, script });
    const response = await one.post('s', prompt);
    const attached = readAll(await attach(two, 's'));
    const sent = await readAll(response);
    expect(sent.map(codeOf)).toEqual(['TIMED_OUT']);
    expect((await attached).slice(-1).map(codeOf)).toEqual(['TIMED_OUT']);
    const next = two.post('s', prompt);
    (await running(2)).complete();
    expect((await readAll(await next)).at(-1)?.kind).toBe('task-complete');
  });

  it.each<[string, number, Record<string, unknown>]>([
    ['of all', 7, { usage: { totalTokens: 7 } }],
    ['of all, with underscores', 7, { usage: { total_tokens: 7 } }],
    ['of all, beside those of its parts', 7, { usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 } }],
    ['in the event itself', 7, { totalTokens: 7 }],
    ['of input and output', 7, { usage: { inputTokens: 3, outputTokens: 4 } }],
    ['of input and output, with underscores', 7, { input_tokens: 3, output_tokens: 4 }],
    ['of prompt and completion', 7, { usage: { promptTokens: 3, completionTokens: 4 } }],
    ['of prompt and completion, with underscores', 7, { usage: { prompt_tokens: 3, completion_tokens: 4 } }],
    ['that are no whole number', 7, { usage: { totalTokens: 6.2 } }],
    ['that are 0 in all, and more in parts', 7, { usage: { totalTokens: 0, inputTokens: 7 } }],
    ['that make no sense', 0, { usage: { totalTokens: -7, inputTokens: Number.NaN, outputTokens: '7' } }],
    ['of nothing', 0, { usage: null }],
  ])('count the tokens %s', async (_, count, fields) => {
    const [one, two] = await start({
      maxTokensPerSession: 8,
      script: ({ agent, message }) =>
        events(agent, [
          message === 'more' ? event('llm-usage', { totalTokens: 1 }) : event('llm-usage', fields),
          event('content-delta', { totalTokens: 1_000 }),
          event('task-complete'),
        ]),
    });
    expect(await say(one, 'hi')).toBe('task-complete');
    // As many more as are left: one for each that was not counted.
    for (let left = 8 - count; left > 0; left--) expect(await say(two, 'more')).toBe('task-complete');
    expect(await say(two, 'more')).toMatchObject([429, { error: { code: 'TOKEN_LIMIT' } }]);
  });
});

it('tells of the turns that run, where they run and what their sessions have used so far', async () => {
  const records = new InMemoryRecordStore();
  const turnStore = new InMemoryTurnStore({ ...fast, records });
  const { script, running } = openTurns();
  const server = await startServer({ script, turnStore });
  const before = Date.now();
  const asked = server.post('s', prompt);
  const turn = await running();
  turn.next(event('llm-usage', { usage: { totalTokens: 12 } }));
  turn.next(event('llm-usage', { usage: { totalTokens: 30 } }));
  await eventually(async () => {
    const list = await turnStore.listRunningTurns();
    expect(list).toMatchObject([
      { contextId: 's', tokens: 42, holder: expect.stringContaining(`(${process.pid})`) },
    ]);
    expect(list[0]?.since.getTime()).toBeGreaterThanOrEqual(before);
  });
  turn.complete();
  await readAll(await asked);
  expect(await turnStore.listRunningTurns()).toEqual([]);
  const next = server.post('s', prompt);
  const second = await running(2);
  expect(await turnStore.listRunningTurns()).toMatchObject([{ contextId: 's', tokens: 42 }]);
  second.complete();
  await readAll(await next);
});

it('counts for a server alone only if something is limited', async () => {
  const server = await startServer({ script: use });
  for (const _ of [1, 2, 3])
    expect((await readAll(await server.post('s', { prompt: '1000000' }))).at(-1)?.kind).toBe('task-complete');
});
