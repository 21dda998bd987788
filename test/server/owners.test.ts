import { describe, expect, it, vi } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import { serve } from '../../src/index.js';
import type { ServeConfig } from '../../src/server/config.js';
import { FakeAgent, type Script } from './fake-agent.js';
import { FakeStore, readAll, startServer, type TestServer } from './harness.js';
import { eventually, openTurns, startSharing, startTwo } from './shared-servers.js';

const prompt = { prompt: 'hi' };
type Config = Partial<ServeConfig> & { script?: Script };

/** Sessions belong to whoever the header `Authorization` names. */
const owned: Partial<ServeConfig> = {
  decodeAuthorization: async (header) => ({ name: header }),
  ownerOf: (authContext) => String(Reflect.get(Object(authContext), 'name')),
};
const as = (name: string, others: Record<string, string> = {}): RequestInit => ({
  headers: { authorization: name, ...others },
});

/** What another one than the owner could ask for, in every way. */
function askEverything(server: TestServer, session: string, name: string): Promise<number[]> {
  const get = (headers: Record<string, string>) =>
    fetch(
      `${server.url}/invocations?X-Amzn-Bedrock-AgentCore-Runtime-Session-Id=${session}`,
      as(name, headers),
    );
  const asked = [
    ...[
      prompt,
      { ...prompt, idempotencyKey: 'k' },
      { inputs: [{ inputId: 'i', value: 1 }] },
      { type: 'status' },
      { type: 'cancel' },
      { type: 'attach' },
    ].map((body) => server.post(session, body, as(name))),
    get({}),
    get({ accept: 'text/event-stream' }),
  ];
  return Promise.all(
    asked.map(async (response) => {
      const { status, body } = await response;
      await body?.cancel();
      return status;
    }),
  );
}

const refused = Array.from({ length: 8 }, () => 403);

describe.each([
  [
    'a server alone',
    async (config: Config) => {
      const server = await startServer(config);
      return [server, server] as const;
    },
  ],
  [
    'two servers with one turn store',
    async (config: Config) => {
      const { one, two } = await startTwo(config);
      return [one, two] as const;
    },
  ],
])('the owner of a session, for %s', (_, start) => {
  it('is whoever has its first turn: all others are refused, whatever they ask', async () => {
    const [one, two] = await start({ ...owned, agentStore: new FakeStore() });
    const sent = await readAll(await one.post('s', prompt, as('ada')));
    expect(sent.at(-1)?.kind).toBe('task-complete');
    for (const server of [one, two]) {
      expect(await askEverything(server, 's', 'bob')).toEqual(refused);
      const lastEventId = sent[0]?.id;
      expect((await server.post('s', { type: 'attach', lastEventId }, as('bob'))).status).toBe(403);
      const heard = await readAll(await server.post('s', { type: 'attach', lastEventId }, as('ada')));
      expect(heard).toEqual(sent.slice(1));
    }
    for (const server of [one, two]) {
      expect((await readAll(await server.post('s', prompt, as('ada')))).at(-1)?.kind).toBe('task-complete');
    }
    expect([one, two].flatMap(({ agents }) => agents).every(({ contextId }) => contextId === 's')).toBe(true);
    // What others are refused is theirs in another session.
    expect((await readAll(await two.post('t', prompt, as('bob')))).at(-1)?.kind).toBe('task-complete');
    expect(await askEverything(one, 't', 'ada')).toEqual(refused);
  });

  it('is the same while the first turn runs, which nobody else can cancel or hear', async () => {
    const { script, running } = openTurns();
    const [one, two] = await start({ ...owned, script });
    const asked = one.post('s', prompt, as('ada'));
    const turn = await running();
    for (const server of [one, two]) expect(await askEverything(server, 's', 'bob')).toEqual(refused);
    expect(turn.observed).toBe(true);
    const heard = two.post('s', { type: 'attach' }, as('ada'));
    expect((await heard).status).toBe(200);
    turn.complete();
    expect(await readAll(await heard)).toEqual(await readAll(await asked));
  });

  it('is nobody until there is a turn: then everybody may look, and find nothing', async () => {
    const [one, two] = await start({ ...owned, agentStore: new FakeStore() });
    const look = (server: TestServer, name: string) =>
      Promise.all(
        [{ type: 'status' }, { type: 'attach' }, { type: 'cancel' }].map(
          async (body) => (await server.post('s', body, as(name))).status,
        ),
      );
    for (const server of [one, two])
      for (const name of ['ada', 'bob']) expect(await look(server, name)).toEqual([404, 204, 200]);
    await readAll(await one.post('s', prompt, as('bob')));
    expect(await look(two, 'ada')).toEqual([403, 403, 403]);
  });

  it('is not whoever has sent what is no request', async () => {
    const [one, two] = await start({ ...owned });
    for (const body of [{ prompt: '' }, { ...prompt, idempotencyKey: '' }, 'no json'])
      expect((await one.post('s', body, as('ada'))).status).toBe(400);
    const headers = { 'Idempotency-Key': 'x'.repeat(300) };
    expect((await one.post('s', prompt, as('ada', headers))).status).toBe(400);
    expect((await readAll(await two.post('s', prompt, as('bob')))).at(-1)?.kind).toBe('task-complete');
  });

  it('is exactly one of those that come at the same time', async () => {
    const [one, two] = await start({ ...owned });
    for (let race = 0; race < 20; race++) {
      const session = `race-${race}`;
      const callers = ['ada', 'bob', 'eve', 'joe'];
      const answers = await Promise.all(
        callers.map(async (name, index) => {
          const { status, body } = await (index % 2 === 0 ? one : two).post(session, prompt, as(name));
          await body?.cancel();
          return { name, status };
        }),
      );
      const winners = answers.filter(({ status }) => status !== 403);
      expect(winners).toHaveLength(1);
      for (const name of callers) {
        const { status } = await two.post(session, { type: 'cancel' }, as(name));
        expect([name, status]).toEqual([name, name === winners[0]?.name ? 200 : 403]);
      }
    }
  });

  it('may be told later, by a promise', async () => {
    const ownerOf = vi.fn(async () => {
      await new Promise(setImmediate);
      return 'ada';
    });
    const [one, two] = await start({ ...owned, ownerOf });
    await readAll(await one.post('s', prompt, as('1')));
    expect((await readAll(await two.post('s', prompt, as('2')))).at(-1)?.kind).toBe('task-complete');
    expect(ownerOf).toHaveBeenCalledTimes(2);
  });

  it.each<[string, (authContext: unknown) => unknown]>([
    ['throws', () => expect.fail('secret')],
    ['rejects', () => Promise.reject(new Error('secret'))],
    ['is empty', () => ''],
    ['is nothing', () => undefined],
    ['is no text', () => 7],
    ['is no well-formed text', () => '\ud800'],
  ])('is nobody, who is refused, if the name %s', async (_, ownerOf) => {
    const [one] = await start(Object.assign({ ...owned }, { ownerOf }));
    expect(await askEverything(one, 's', 'ada')).toEqual(refused);
    const response = await one.post('s', prompt, as('ada'));
    expect([response.status, await response.text()]).toMatchObject([
      403,
      expect.not.stringContaining('secret'),
    ]);
    expect(one.agents).toEqual([]);
  });
});

describe('the owner in a turn store', () => {
  it('outlives all servers, and is forgotten when the session is erased', async () => {
    const records = new InMemoryRecordStore();
    const first = await startSharing({ ...owned, records });
    await readAll(await first.post('s', prompt, as('ada')));
    await first.close();
    let now = Date.now();
    const later = await startSharing({ ...owned, records, turns: { now: () => now } });
    now += 400 * 86_400_000;
    expect(await askEverything(later, 's', 'bob')).toEqual(refused);
    expect(await later.turnStore.owner('s')).toBe('ada');
    await later.turnStore.disown('s');
    await readAll(await later.post('s', prompt, as('bob')));
    expect(await askEverything(later, 's', 'ada')).toEqual(refused);
  });

  it('comes before the lease: another one learns nothing of a turn that runs', async () => {
    const { script, running } = openTurns();
    const { one, two } = await startTwo({ ...owned, script });
    const asked = one.post('s', prompt, as('ada'));
    const turn = await running();
    const { writes } = two.line;
    expect((await two.post('s', prompt, as('bob'))).status).toBe(403);
    expect(two.line.writes).toBe(writes);
    turn.complete();
    await (await asked).text();
  });

  it('is not known while the store does not answer, and then nobody is let in', async () => {
    const { one, two } = await startTwo(owned);
    await readAll(await one.post('s', prompt, as('ada')));
    two.line.cut('refused');
    for (const name of ['ada', 'bob'])
      for (const body of [prompt, { type: 'status' }, { type: 'attach' }])
        expect((await two.post('s', body, as(name))).status).toBe(503);
    expect(two.agents).toEqual([]);
    two.line.mend();
    await eventually(async () =>
      expect((await two.post('s', { type: 'cancel' }, as('ada'))).status).toBe(200),
    );
  });
});

it.each(['ownerOf', 'turnStore'])(
  'a server does not start with an option %s that cannot work',
  async (name) => {
    const config = Object.assign({ agent: async (id: string) => new FakeAgent(id), port: 0 }, { [name]: {} });
    const message = expect.stringContaining(`"${name}"`);
    await expect(serve(config)).rejects.toMatchObject({ code: 'CONFIGURATION', message });
  },
);
