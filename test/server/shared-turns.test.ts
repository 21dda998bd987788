import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Subject } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AgentEvent } from '../../src/domain/agent.js';
import type { RecordStore } from '../../src/domain/record-store.js';
import { createTurnStore } from '../../src/domain/turns/create-turn-store.js';
import { createApp } from '../../src/hono.js';
import { createServer } from '../../src/index.js';
import { event, FakeAgent } from './fake-agent.js';
import { callRaw, readAll, readEvents, readKinds, type SentEvent } from './harness.js';
import {
  attach,
  codeOf,
  deltasOf,
  eventually,
  fast,
  numbersOf,
  openTurns,
  say,
  startSharing,
  startTwo,
  toAttachRequest,
  turnOf,
  ways,
} from './shared-servers.js';

const prompt = { prompt: 'hi' };
const beyond = '9007199254740991';

/** A turn on server one that has said `a`, as its caller has heard. */
async function startTurn(config: Parameters<typeof startTwo>[0] = {}) {
  const { script, turns, running } = openTurns();
  const servers = await startTwo({ script, ...config });
  const asked = readEvents(await servers.one.post('s', prompt));
  const turn = await running();
  say(turn, 'a');
  const { value: first } = await asked.next();
  /** What its caller has not heard yet, to the end. */
  const rest = async () => {
    const sent = [];
    for await (const each of asked) sent.push(each);
    return sent;
  };
  return { ...servers, turns, turn, running, asked, first, rest, id: turnOf(first) };
}

/** Has a turn end that has said five megabytes. Gives the number of its last event. */
async function sayMuch(turn: Subject<AgentEvent>, rest: () => Promise<SentEvent[]>): Promise<number> {
  const heard = rest();
  for (let number = 2; number <= 50; number++) {
    say(turn, 'x'.repeat(100_000));
    await new Promise(setImmediate);
  }
  turn.complete();
  return numbersOf(await heard).at(-1) ?? 0;
}

/** Records that answer as those elsewhere do: others can go on in between. */
function answerLater(records: RecordStore): RecordStore {
  return {
    isLocal: true,
    get: async (key, isFresh) => {
      await new Promise(setImmediate);
      return records.get(key, isFresh);
    },
    put: (key, record, expected) => records.put(key, record, expected),
    delete: (key, expected) => records.delete(key, expected),
  };
}

const numbersIn = (text: string) =>
  [...text.matchAll(/^id: [\w-]+:(\d+)$/gm)].map(([, number]) => Number(number));
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('a turn that runs on another server', () => {
  it.each(ways)('is heard from its first event on, and then as it goes on, asked by %s', async (way) => {
    const { two, turn, first, rest } = await startTurn();
    const received = readEvents(await attach(two, 's', undefined, way));
    expect((await received.next()).value).toEqual(first);
    say(turn, 'b');
    expect(deltasOf([(await received.next()).value ?? expect.fail()])).toEqual(['b']);
    turn.next(event('task-complete', { content: 'ab' }));
    turn.complete();
    const last = (await received.next()).value;
    expect(last).toMatchObject({ kind: 'task-complete', data: { content: 'ab' } });
    expect((await received.next()).done).toBe(true);
    expect((await rest()).at(-1)).toEqual(last);
    expect(two.agents).toEqual([]);
  });

  it.each(ways)(
    'is heard behind the last id, also after its end and the end of its server, asked by %s',
    async (way) => {
      const { records, one, two, turn, first, rest } = await startTurn();
      const hearing = readAll(await attach(two, 's', first?.id, way));
      say(turn, 'b', 'c');
      turn.complete();
      const heard = await rest();
      expect(numbersOf(heard)).toEqual([2, 3, 4]);
      expect(await hearing).toEqual(heard);
      await one.close();
      const three = await startSharing({ records });
      for (const server of [two, three])
        expect(await readAll(await attach(server, 's', first?.id, way))).toEqual(heard);
    },
  );

  it('is one JSON document for whoever wants that', async () => {
    const { two, turn } = await startTurn();
    const response = await two.post('s', { type: 'attach' }, { headers: { accept: 'application/json' } });
    turn.next(event('task-complete', { content: 'done' }));
    turn.complete();
    expect(await response.json()).toMatchObject({
      content: 'done',
      events: [{ kind: 'content-delta', delta: 'a' }, { kind: 'task-complete' }],
    });
  });

  it('is kept alive while it says nothing', async () => {
    const { two, turn } = await startTurn({ keepAliveSeconds: 0.01 });
    const response = await attach(two, 's');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes(': keep-alive')) text += (await reader?.read())?.value ?? expect.fail(text);
    turn.complete();
    while (!text.includes('task-complete')) text += (await reader?.read())?.value ?? expect.fail(text);
  });

  it('is 204 if there is nothing to hear', async () => {
    const { one, two, turn, id, rest } = await startTurn();
    const statuses = (lastEventId?: string) =>
      Promise.all(
        [one, two].flatMap((server) =>
          ways.map(async (way) => (await attach(server, 't', lastEventId, way)).status),
        ),
      );
    const none = Array.from({ length: 6 }, () => 204);
    expect(await statuses()).toEqual(none);
    expect(await statuses(`unknown:${beyond}`)).toEqual(none);
    turn.complete();
    const [last] = (await rest()).slice(-1);
    for (const server of [one, two])
      for (const lastEventId of [undefined, last?.id, `${id}:${beyond}`]) {
        const response = await attach(server, 's', lastEventId);
        expect([response.status, await response.text()]).toEqual([204, '']);
      }
  });

  it('goes on from now for one that says it has seen all', async () => {
    const { two, turn, id, first } = await startTurn();
    // Until it is known that one event is logged.
    await eventually(async () => {
      const received = readEvents(await attach(two, 's'));
      expect((await received.next()).value).toEqual(first);
      await received.return(undefined);
    });
    const hearing = await attach(two, 's', `${id}:${beyond}`);
    expect(hearing.status).toBe(200);
    turn.complete();
    expect(await readKinds(hearing)).toEqual([]);
  });

  it('says which of its events are not held any more, by one event, and skips none without a word', async () => {
    const { one, two, turn, rest, id } = await startTurn({
      turns: { maxLogEvents: 3 },
      maxReplayEvents: 3,
      replaySeconds: 0,
    });
    for (let number = 2; number <= 20; number++) {
      say(turn, `${number}`);
      // Each in a chunk of its own.
      await eventually(async () => {
        const received = readEvents(await attach(two, 's', `${id}:${number - 1}`));
        expect(numbersOf([(await received.next()).value ?? expect.fail()])).toEqual([number]);
        await received.return(undefined);
      });
    }
    const hearing = [await attach(one, 's'), await attach(two, 's'), await attach(two, 's', `${id}:5`)];
    say(turn, 'end');
    turn.complete();
    await rest();
    for (const response of hearing) {
      const [lost, ...sent] = await readAll(response);
      expect(lost).toMatchObject({ kind: 'error', data: { code: 'EVENTS_LOST' } });
      const [number = 0] = numbersOf(lost ? [lost] : []);
      expect(number).toBeGreaterThan(5);
      expect(numbersOf(sent)).toEqual(Array.from({ length: 22 - number }, (_, index) => number + 1 + index));
      expect(sent.at(-1)?.kind).toBe('task-complete');
    }
    // Of a turn that nobody knows, all are lost.
    for (const server of [one, two]) {
      const sent = await readAll(await attach(server, 's', 'unknown:7'));
      expect(sent.map(codeOf)).toEqual(['EVENTS_LOST']);
      expect((await attach(server, 's', sent[0]?.id)).status).toBe(204);
    }
  });

  it('is heard whole from its own server too, which holds less of it than the store', async () => {
    const { one, turn, first, rest } = await startTurn({ maxReplayEvents: 3 });
    say(turn, ...Array.from({ length: 20 }, (_, index) => `${index}`));
    const hearing = await attach(one, 's');
    turn.complete();
    const heard = [first, ...(await rest())];
    expect(heard).toHaveLength(22);
    expect(await readAll(hearing)).toEqual(heard);
    expect(await readAll(await attach(one, 's', first?.id))).toEqual(heard.slice(1));
  });

  it('goes on for others when one that hears it from elsewhere reads nothing, for which little waits until the server closes', async () => {
    const { one, two, turn, asked } = await startTurn({ maxWaitingBytes: 5_000_000 });
    const stuck = callRaw(two, 's', { type: 'attach' }).pause();
    const received = readEvents(await attach(two, 's'));
    await received.next();
    for (let number = 2; number <= 30; number++) {
      say(turn, 'x'.repeat(1_000_000));
      for (const reader of [asked, received])
        expect((await reader.next()).value?.id).toMatch(new RegExp(`:${number}$`));
    }
    expect(turn.observed).toBe(true);
    turn.complete();
    for (const reader of [asked, received]) {
      expect((await reader.next()).value?.kind).toBe('task-complete');
      expect((await reader.next()).done).toBe(true);
    }
    expect(one.logger.lines).toMatchObject([{ status: 200 }]);
    // It was not given up.
    await eventually(() => expect(two.logger.lines).toHaveLength(1));
    expect(two.logger.lines).not.toMatchObject([{ callerLeft: true }]);
    await two.close();
    await eventually(() => expect(two.logger.lines).toMatchObject([{}, { status: 200, callerLeft: true }]));
    stuck.destroy();
  });

  it('is heard to its end by one that reads more slowly than the store answers, however little may wait', async () => {
    const { records, turn, id, rest } = await startTurn();
    const count = await sayMuch(turn, rest);
    const server = createServer({
      agent: async (contextId) => new FakeAgent(contextId),
      turnStore: createTurnStore(answerLater(records), fast),
      maxWaitingBytes: 500_000,
    });
    onTestFinished(() => server.close());
    const directory = await mkdtemp(join(tmpdir(), 'shared-turns-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    // The kernel holds megabytes for a connection of another kind, whether they are read or not.
    const path = join(directory, 'socket');
    await once(server.http.listen(path), 'listening');
    let text = '';
    for await (const piece of callRaw({ path }, 's', { type: 'attach', lastEventId: `${id}:0` })) {
      text += piece;
      for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
    }
    expect(numbersIn(text)).toEqual(upTo(count));
  });

  it('is heard to its end through createApp by one that reads slowly', async () => {
    const { records, turn, id, rest } = await startTurn();
    const count = await sayMuch(turn, rest);
    const app = createApp({
      agent: async (contextId) => new FakeAgent(contextId),
      turnStore: createTurnStore(records, fast),
      maxWaitingBytes: 500_000,
    });
    const [path, init] = toAttachRequest('body', 's', `${id}:0`);
    const { body } = await app.request(path, init);
    let text = '';
    for await (const piece of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += piece;
      await new Promise(setImmediate);
    }
    expect(numbersIn(text)).toEqual(upTo(count));
  });

  it('is not asked for any more once those that heard it have left', async () => {
    const { two, turn, rest } = await startTurn();
    const received = readEvents(await attach(two, 's'));
    await received.next();
    await received.return(undefined);
    await eventually(() => expect(two.logger.lines).toMatchObject([{ status: 200, callerLeft: true }]));
    turn.complete();
    await rest();
  });

  it('is cut off, and can be come back to, while the store does not answer', async () => {
    const { two, turn, first, rest } = await startTurn();
    const response = await attach(two, 's');
    two.line.cut('refused');
    await expect(readAll(response)).rejects.toThrow();
    expect((await attach(two, 's', first?.id)).status).toBe(503);
    two.line.mend();
    say(turn, 'b');
    turn.complete();
    expect(await readAll(await attach(two, 's', first?.id))).toEqual(await rest());
  });
});
