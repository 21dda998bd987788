import { describe, expect, it, vi } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import type { ServeConfig } from '../../src/server/config.js';
import { ask as askScript, FakeAgent, type Script } from './fake-agent.js';
import { readAll, readEvents, readKinds, type SentEvent, startServer, type TestServer } from './harness.js';
import {
  attach,
  codeOf,
  deltasOf,
  eventually,
  numbersOf,
  openTurns,
  say,
  startSharing,
  startTwo,
  turnOf,
} from './shared-servers.js';

const prompt = { prompt: 'hi' };

type Config = Partial<ServeConfig> & { script?: Script };

/** The server that is asked first, and the one that is asked again: one that knows of its turns alone, or any of two. */
const arrangements: [string, (config?: Config) => Promise<[TestServer, TestServer]>][] = [
  [
    'a server alone',
    async (config) => {
      const server = await startServer(config);
      return [server, server];
    },
  ],
  [
    'the same server, with a turn store',
    async (config) => {
      const server = await startSharing({ ...config });
      return [server, server];
    },
  ],
  [
    'another server with the same turn store',
    async (config) => {
      const { one, two } = await startTwo(config);
      return [one, two];
    },
  ],
];

const withKey = (key: string): RequestInit => ({ headers: { 'Idempotency-Key': key } });
const turnsOf = (...servers: TestServer[]) =>
  [...new Set(servers)].flatMap(({ agents }) => agents).flatMap(({ turns }) => turns);

describe.each(arrangements)('a request with a key, repeated to %s', (_, start) => {
  it('is run once, and the repeat hears the same, also after a newer turn of the session', async () => {
    const [one, two] = await start();
    const first = await readAll(await one.post('s', prompt, withKey('k')));
    expect(first).toHaveLength(4);
    for (const server of [two, one]) {
      expect(await readAll(await server.post('s', prompt, withKey('k')))).toEqual(first);
      await readAll(await server.post('s', { prompt: 'newer' }));
      expect(await readAll(await server.post('s', prompt, withKey('k')))).toEqual(first);
    }
    expect(turnsOf(one, two).map(({ message }) => message)).toEqual(['hi', 'newer', 'newer']);
    // Those that heard the first half of it too.
    expect(await readAll(await attach(two, 's', first[1]?.id))).toEqual(first.slice(2));
  });

  it('has one key, however it is written', async () => {
    const [one, two] = await start();
    const first = await readAll(await one.post('s', prompt, withKey('"a \\"b\\" \\\\ c"')));
    for (const again of [
      two.post('s', prompt, withKey('a "b" \\ c')),
      two.post('s', prompt, withKey(' "a \\"b\\" \\\\ c" ')),
      two.post('s', { ...prompt, idempotencyKey: 'a "b" \\ c' }),
      two.post(
        's',
        { type: 'prompt', ...prompt, idempotencyKey: 'a "b" \\ c' },
        withKey('"a \\"b\\" \\\\ c"'),
      ),
    ])
      expect(await readAll(await again)).toEqual(first);
    expect(turnsOf(one, two)).toHaveLength(1);
  });

  it('joins the turn while that runs, although another one would be refused', async () => {
    const { script, running, turns } = openTurns();
    const [one, two] = await start({ script });
    const asked = readEvents(await one.post('s', prompt, withKey('k')));
    const turn = await running();
    say(turn, 'a');
    const first = (await asked.next()).value;
    const joined = readEvents(await two.post('s', prompt, withKey('k')));
    expect((await joined.next()).value).toEqual(first);
    expect((await two.post('s', prompt, withKey('other'))).status).toBe(409);
    expect((await two.post('s', prompt)).status).toBe(409);
    say(turn, 'b');
    turn.complete();
    const rest: SentEvent[] = [];
    for await (const sent of joined) rest.push(sent);
    expect(rest.map(({ kind }) => kind)).toEqual(['content-delta', 'task-complete']);
    expect(turns).toHaveLength(1);
  });

  it('joins a turn that has said nothing yet, and is kept alive', async () => {
    const { script, running } = openTurns();
    const [one, two] = await start({ script, keepAliveSeconds: 0.01 });
    const asked = one.post('s', prompt, withKey('k'));
    const turn = await running();
    const leaving = new AbortController();
    const left = await two.post('s', prompt, { ...withKey('k'), signal: leaving.signal });
    leaving.abort();
    await expect(left.text()).rejects.toThrow();
    const joined = await two.post('s', prompt, withKey('k'));
    expect(joined.status).toBe(200);
    turn.complete();
    expect(await readKinds(joined)).toEqual(['task-complete']);
    expect(await readKinds(await asked)).toEqual(['task-complete']);
  });

  it('is one JSON document for whoever wants that', async () => {
    const [one, two] = await start();
    const accept = { headers: { 'Idempotency-Key': 'k', accept: 'application/json' } };
    const first = await (await one.post('s', prompt, accept)).json();
    expect(first).toMatchObject({ content: 'You said hi' });
    expect(await (await two.post('s', prompt, accept)).json()).toEqual(first);
  });

  it.each([
    ['another prompt', { prompt: 'other' }],
    ['other metadata', { ...prompt, metadata: { a: 1 } }],
    ['another type', { inputs: [{ inputId: 'i', value: 'hi' }] }],
  ])('is 422 with %s, while it runs and afterwards', async (_, body) => {
    const { script, running } = openTurns();
    const [one, two] = await start({ script });
    const asked = one.post('s', prompt, withKey('k'));
    const turn = await running();
    const refuse = async () => {
      const response = await two.post('s', body, withKey('k'));
      expect([response.status, await response.json()]).toMatchObject([
        422,
        { error: { code: 'KEY_REUSED' } },
      ]);
    };
    await refuse();
    turn.complete();
    await readAll(await asked);
    await refuse();
    // In another session the key is another one.
    const elsewhere = two.post('t', { prompt: 'other' }, withKey('k'));
    (await running(2)).complete();
    expect(await readKinds(await elsewhere)).toEqual(['task-complete']);
  });

  it('can be an answer to a question too', async () => {
    const [one, two] = await start({ script: askScript });
    const first = await readAll(await one.post('s', prompt));
    expect(first.at(-1)?.kind).toBe('input-required');
    const answer = { inputs: [{ inputId: 'input-1', value: 1 }] };
    const answered = await readAll(await one.post('s', answer, withKey('k')));
    expect(answered.at(-1)?.data.content).toBe('Thanks');
    expect(await readAll(await two.post('s', answer, withKey('k')))).toEqual(answered);
    expect(turnsOf(one, two)).toHaveLength(2);
  });

  it('can be made again if its turn failed before the agent was asked', async () => {
    const failures = ['no model', 'no model', 'no model'];
    const [one, two] = await start({
      agent: async (contextId) => {
        const failure = failures.pop();
        if (failure !== undefined) throw new Error(failure);
        return new FakeAgent(contextId);
      },
    });
    for (const [server, body] of [
      [one, prompt],
      [two, prompt],
      [two, { prompt: 'other' }],
    ] as const) {
      const response = await server.post('s', body, withKey('k'));
      expect([response.status, await response.json()]).toMatchObject([
        500,
        { error: { code: 'AGENT_FAILED' } },
      ]);
    }
    expect(failures).toEqual([]);
    const sent = await readAll(await one.post('s', prompt, withKey('k')));
    expect(sent.at(-1)?.kind).toBe('task-complete');
    expect(await readAll(await two.post('s', prompt, withKey('k')))).toEqual(sent);
  });

  it('hears the same failure if its turn failed after the agent was asked, and runs nothing', async () => {
    const [one, two] = await start({ script: () => Promise.reject(new Error('The model failed.')) });
    const first = await one.post('s', prompt, withKey('k'));
    expect([first.status, await first.json()]).toMatchObject([500, { error: { code: 'AGENT_FAILED' } }]);
    const again = await readAll(await two.post('s', prompt, withKey('k')));
    expect(again.map(codeOf)).toEqual(['AGENT_FAILED']);
    expect(await readAll(await one.post('s', prompt, withKey('k')))).toEqual(again);
    expect(turnsOf(one, two)).toHaveLength(1);
  });

  it('hears why its turn was cancelled, and runs nothing', async () => {
    const { script, running, turns } = openTurns();
    const [one, two] = await start({ script });
    const asked = one.post('s', prompt, withKey('k'));
    await running();
    expect(await (await two.post('s', { type: 'cancel' })).json()).toEqual({ cancelled: true });
    const first = await readAll(await asked);
    expect(first.map(codeOf)).toEqual(['CANCELLED']);
    expect(await readAll(await two.post('s', prompt, withKey('k')))).toEqual(first);
    expect(turns).toHaveLength(1);
  });

  it('is run once although its caller has left before it heard anything', async () => {
    const { script, running, turns } = openTurns();
    const [one, two] = await start({ script });
    const leaving = new AbortController();
    const lost = one
      .post('s', prompt, { ...withKey('k'), signal: leaving.signal })
      .then((response) => response.text())
      .catch(() => 'lost');
    const turn = await running();
    leaving.abort();
    expect(await lost).toBe('lost');
    const joined = two.post('s', prompt, withKey('k'));
    say(turn, 'a');
    turn.complete();
    expect(deltasOf(await readAll(await joined))).toEqual(['a']);
    expect(deltasOf(await readAll(await two.post('s', prompt, withKey('k'))))).toEqual(['a']);
    expect(turns).toHaveLength(1);
  });

  it('is run once if it is made many times at once', async () => {
    const { script, running, turns } = openTurns();
    const [one, two] = await start({ script });
    const answers = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? one : two).post('s', prompt, withKey('k')),
    );
    const turn = await running();
    say(turn, 'a');
    turn.complete();
    const heard = await Promise.all(answers.map(async (answer) => readAll(await answer)));
    for (const sent of heard) expect(sent).toEqual(heard[0]);
    expect(numbersOf(heard[0] ?? [])).toEqual([1, 2]);
    expect(turns).toHaveLength(1);
  });

  it.each([
    ['is empty', '', undefined],
    ['is an empty quoted text', '""', undefined],
    ['is too long', 'k'.repeat(257), undefined],
    ['is empty in the body', undefined, ''],
    ['is too long in the body', undefined, 'k'.repeat(257)],
    ['is no text', undefined, 7],
    ['is no well-formed text', undefined, '\ud800'],
    ['differs in header and body', 'one', 'other'],
  ])('is 400 if its key %s', async (_, header, idempotencyKey) => {
    const [, two] = await start();
    const init = header === undefined ? {} : withKey(header);
    const response = await two.post(
      's',
      { ...prompt, ...(idempotencyKey !== undefined && { idempotencyKey }) },
      init,
    );
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'BAD_REQUEST' } }]);
    expect(turnsOf(two)).toEqual([]);
  });

  it('takes the longest key', async () => {
    const [one, two] = await start();
    const first = await readAll(await one.post('s', prompt, withKey('k'.repeat(256))));
    expect(await readAll(await two.post('s', prompt, withKey('k'.repeat(256))))).toEqual(first);
  });

  it('needs a session, since the repeat would begin another one', async () => {
    const [, two] = await start();
    const response = await two.post(null, prompt, withKey('k'));
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'BAD_REQUEST' } }]);
    expect(turnsOf(two)).toEqual([]);
  });
});

describe('a server alone', () => {
  it.each([
    ['events', { maxTotalReplayEvents: 10 }],
    ['bytes', { maxTotalReplayBytes: 500 }],
  ])(
    'forgets the oldest keys if they hold too many %s, and may run those requests again',
    async (_, limits) => {
      const server = await startServer({ replaySeconds: 0, ...limits });
      const post = async (session: string) => readAll(await server.post(session, prompt, withKey('k')));
      const heard: SentEvent[][] = [];
      for (let index = 0; index < 6; index++) heard.push(await post(`s${index}`));
      // The newest is held whole: those that were forgotten have made room.
      expect(await post('s5')).toEqual(heard[5]);
      expect(turnOf((await post('s0'))[0])).not.toBe(turnOf(heard[0]?.[0]));
      expect(turnsOf(server)).toHaveLength(7);
    },
  );

  it('forgets a key after its time', async () => {
    const server = await startServer({ idempotencySeconds: 0.05, replaySeconds: 0 });
    const first = await readAll(await server.post('s', prompt, withKey('k')));
    await eventually(async () => {
      const again = await readAll(await server.post('s', prompt, withKey('k')));
      expect(turnOf(again[0])).not.toBe(turnOf(first[0]));
    });
    expect((await readAll(await attach(server, 's', first[0]?.id))).map(codeOf)).toEqual(['EVENTS_LOST']);
  });
});

describe('servers with a turn store', () => {
  it('keep a key for as long as the store does, and hold it in no process', async () => {
    const records = new InMemoryRecordStore();
    let now = Date.now();
    const turns = { idempotencySeconds: 1_000, now: () => now };
    const one = await startSharing({ records, turns, replaySeconds: 0 });
    const two = await startSharing({ records, turns });
    const first = await readAll(await one.post('s', prompt, withKey('k')));
    now += 900_000;
    expect(await readAll(await one.post('s', prompt, withKey('k')))).toEqual(first);
    now += 200_000;
    for (const server of [one, two]) {
      const again = await readAll(await server.post('s', prompt, withKey('k')));
      expect(turnOf(again[0])).not.toBe(turnOf(first[0]));
    }
    expect(turnsOf(one, two)).toHaveLength(2);
  });

  it('tell a repeat to come back if the turn it waits for ends before it has done anything', async () => {
    const failing: ((error: Error) => void)[] = [];
    const agent = () => new Promise<never>((_, reject) => failing.push(reject));
    const { one, two } = await startTwo({ agent });
    const asked = one.post('s', prompt, withKey('k'));
    await eventually(() => expect(failing).toHaveLength(1));
    const read = vi.spyOn(two.turnStore, 'read');
    const joined = two.post('s', prompt, withKey('k'));
    await eventually(() => expect(read).toHaveBeenCalled());
    failing[0]?.(new Error('no model'));
    expect((await asked).status).toBe(500);
    const response = await joined;
    expect([response.status, response.headers.get('retry-after')]).toEqual([409, '1']);
  });

  it('cut off a repeat that was kept alive for such a turn, so that it comes back', async () => {
    const failing: ((error: Error) => void)[] = [];
    const agent = () => new Promise<never>((_, reject) => failing.push(reject));
    const { one, two } = await startTwo({ agent, keepAliveSeconds: 0.01 });
    const asked = one.post('s', prompt, withKey('k'));
    await eventually(() => expect(failing).toHaveLength(1));
    const joined = await two.post('s', prompt, withKey('k'));
    expect(joined.status).toBe(200);
    failing[0]?.(new Error('no model'));
    await expect(readAll(joined)).rejects.toThrow();
    await (await asked).text();
    expect(failing).toHaveLength(1);
  });

  it('refuse a request whose key is new while another turn runs here, and keep nothing of it', async () => {
    const { script, running, turns } = openTurns();
    const { one, two } = await startTwo({ script });
    const asked = one.post('s', prompt);
    const turn = await running();
    for (const server of [one, two]) expect((await server.post('s', prompt, withKey('k'))).status).toBe(409);
    turn.complete();
    await readAll(await asked);
    const again = one.post('s', { prompt: 'other' }, withKey('k'));
    (await running(2)).complete();
    expect(await readKinds(await again)).toEqual(['task-complete']);
    expect(turns).toHaveLength(2);
  });

  it('give back what has begun at the moment in which the turn before ended', async () => {
    const { script, running } = openTurns();
    const server = await startSharing({ script });
    const asked = server.post('s', prompt);
    const turn = await running();
    const begin = server.turnStore.begin.bind(server.turnStore);
    server.turnStore.begin = async (...args) => {
      turn.complete();
      await readAll(await asked);
      return begin(...args);
    };
    const response = await server.post('s', prompt, withKey('k'));
    expect([response.status, response.headers.get('retry-after')]).toEqual([409, '1']);
    server.turnStore.begin = begin;
    const again = server.post('s', prompt, withKey('k'));
    (await running(2)).complete();
    expect(await readKinds(await again)).toEqual(['task-complete']);
  });
});
