import type { ServerResponse } from 'node:http';
import { NEVER, Subject } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { InMemoryTurnStore } from '../../src/adapters/memory/index.js';
import type { AgentEvent } from '../../src/domain/agent.js';
import type { HeldTurn, LoggedEvent } from '../../src/domain/turn-store.js';
import { AgentServer } from '../../src/server/agent-server.js';
import type { ServeConfig } from '../../src/server/config.js';
import { answerWebRequest } from '../../src/server/http/web-exchange.js';
import { RunningTurn } from '../../src/server/sessions/running-turn.js';
import { echo, event, FakeAgent, type Script } from './fake-agent.js';
import {
  callRaw,
  FakeStore,
  readAll,
  readEvents,
  readKinds,
  type SentEvent,
  sessionHeader,
  startServer,
  type TestServer,
} from './harness.js';

const prompt = { prompt: 'hi' };
const cutOff = 'The answer could not be sent to its end.';
const beyond = '9007199254740991';
const json = { headers: { accept: 'application/json' } };

const say = (subject: Subject<AgentEvent>, ...deltas: string[]) => {
  for (const delta of deltas) subject.next(event('content-delta', { delta }));
};
const deltas = (sent: readonly SentEvent[]) => sent.flatMap(({ data }) => data.delta ?? []);
const numbers = (sent: readonly SentEvent[]) => sent.map(({ id }) => Number(id.split(':')[1]));
const turnOf = (sent: SentEvent | undefined) => sent?.id.split(':')[0] ?? '';
const code = (sent: SentEvent | undefined) => sent?.data.code;

const attach = (server: TestServer, session: string, lastEventId?: string, init?: RequestInit) =>
  server.post(session, { type: 'attach', ...(lastEventId !== undefined && { lastEventId }) }, init);

/** Connects as a browser's `EventSource` does. */
const listen = (server: TestServer, query: string, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/invocations?${query}`, { headers: { accept: 'text/event-stream', ...headers } });

/** A server whose turns say what the test says. */
async function startTalking(config: Partial<ServeConfig> = {}) {
  const subjects: Subject<AgentEvent>[] = [];
  const script: Script = () => {
    const subject = new Subject<AgentEvent>();
    subjects.push(subject);
    return subject;
  };
  const server = await startServer({ script, ...config });
  /** What the nth turn says, once that turn runs. */
  const running = (nth = 1) =>
    vi.waitFor(() => {
      const subject = subjects[nth - 1];
      if (subject?.observed !== true) throw new Error('The turn does not run yet.');
      return subject;
    });
  return { server, running };
}

/** A turn whose caller has heard one event, and left. */
async function startDetached(config: Partial<ServeConfig> = {}) {
  const { server, running } = await startTalking(config);
  const left = new Promise<void>((resolve) =>
    server.http.once('request', (_, response) => response.once('close', resolve)),
  );
  const leaving = new AbortController();
  const response = server.post('session-1', prompt, { signal: leaving.signal });
  const subject = await running();
  say(subject, 'a');
  const { value: first } = await readEvents(await response).next();
  leaving.abort();
  await left;
  return { server, running, subject, turn: turnOf(first), first: first?.id ?? '' };
}

/** Runs a whole turn, and returns what was heard of it. */
async function runWhole(server: TestServer, session = 'session-1'): Promise<SentEvent[]> {
  return readAll(await server.post(session, prompt));
}

describe('a caller that leaves', () => {
  it('misses nothing if it comes back with the last id it has heard, and the session is busy meanwhile', async () => {
    const { server, subject, first } = await startDetached();
    say(subject, 'b');
    const refused = await server.post('session-1', prompt);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([409, '1']);
    expect((await server.health()).status).toBe('HealthyBusy');
    const response = await attach(server, 'session-1', first);
    expect(response.headers.get(sessionHeader)).toBe('session-1');
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    say(subject, 'c');
    subject.complete();
    const sent = await readAll(response);
    expect(deltas(sent)).toEqual(['b', 'c']);
    expect(numbers(sent)).toEqual([2, 3, 4]);
    expect(sent.at(-1)?.kind).toBe('task-complete');
    expect((await server.health()).status).toBe('Healthy');
  });

  it('hears of a turn that has ended meanwhile, as often as it asks', async () => {
    const { server, subject, first } = await startDetached();
    say(subject, 'b');
    subject.complete();
    for (const _ of [1, 2]) {
      expect(await readKinds(await attach(server, 'session-1', first))).toEqual([
        'content-delta',
        'task-complete',
      ]);
    }
    expect(server.agents[0]?.turns).toHaveLength(1);
    const [line] = server.logger.lines;
    expect(line).toMatchObject({ level: 'info', status: 200, callerLeft: true });
    expect(server.logger.lines.slice(1)).toMatchObject([{ status: 200 }, { status: 200 }]);
  });

  it('has its turn go on although it leaves before the turn has started', async () => {
    let start = (_: Subject<AgentEvent>) => {};
    const starting = new Promise<Subject<AgentEvent>>((resolve) => (start = resolve));
    const server = await startServer({ script: () => starting });
    const leaving = new AbortController();
    const response = server.post('session-1', prompt, { signal: leaving.signal }).catch(() => 'left');
    await vi.waitFor(() => expect(server.agents[0]?.turns).toHaveLength(1));
    leaving.abort();
    expect(await response).toBe('left');
    const attached = await attach(server, 'session-1');
    const subject = new Subject<AgentEvent>();
    start(subject);
    await vi.waitFor(() => expect(subject.observed).toBe(true));
    subject.complete();
    expect(await readKinds(attached)).toEqual(['task-complete']);
  });

  it.each([
    ['the one that has asked', true],
    ['one that attaches', false],
  ])('is given up if it reads nothing, and the turn goes on for others: %s', async (_, hasAsked) => {
    const { server, running } = await startTalking({ maxWaitingBytes: 20_000_000 });
    const responses: ServerResponse[] = [];
    server.http.on('request', (_, response) => responses.push(response));
    const stuckFirst = hasAsked ? callRaw(server, 'session-1').pause() : undefined;
    const asked = hasAsked ? undefined : await server.post('session-1', prompt);
    const subject = await running();
    const reading = asked ?? (await attach(server, 'session-1'));
    const stuck = stuckFirst ?? callRaw(server, 'session-1', { type: 'attach' }).pause();
    const received = readEvents(reading);
    await vi.waitFor(() => expect(responses).toHaveLength(2));
    const isGivenUp = () => responses[hasAsked ? 0 : 1]?.destroyed === true;
    for (let count = 1; !isGivenUp(); count++) {
      say(subject, 'x'.repeat(1_000_000));
      expect((await received.next()).value?.id).toMatch(new RegExp(`:${count}$`));
      expect(count).toBeLessThan(200);
    }
    expect(subject.observed).toBe(true);
    subject.complete();
    expect((await received.next()).value?.kind).toBe('task-complete');
    await vi.waitFor(() => expect(server.logger.lines).toHaveLength(2));
    expect(server.logger.lines.filter(({ callerLeft }) => callerLeft === true)).toHaveLength(1);
    stuck.destroy();
  });

  it('stops its turn if it is to, and whoever attached neither stops it nor misses why it ended', async () => {
    const { server, running } = await startTalking({ onDisconnect: 'cancel' });
    const leaving = [new AbortController(), new AbortController()];
    const response = await server.post('session-1', prompt, { signal: leaving[0]?.signal });
    const subject = await running();
    const attached = await attach(server, 'session-1');
    await attach(server, 'session-1', undefined, { signal: leaving[1]?.signal });
    leaving[1]?.abort();
    await vi.waitFor(() => expect(server.logger.lines).toMatchObject([{ callerLeft: true }]));
    expect(subject.observed).toBe(true);
    leaving[0]?.abort();
    expect((await readAll(attached)).map(code)).toEqual(['CLIENT_GONE']);
    expect(subject.observed).toBe(false);
    await expect(response.text()).rejects.toThrow();
  });

  it('is no reason to stop anything once its turn has ended', async () => {
    const stop = vi.spyOn(RunningTurn.prototype, 'stop');
    const server = await startServer({ onDisconnect: 'cancel' });
    await (await server.post('session-1', prompt, { headers: { connection: 'close' } })).text();
    await new Promise<void>((resolve) => server.http.getConnections((_, count) => count === 0 && resolve()));
    expect(stop).not.toHaveBeenCalled();
    stop.mockRestore();
  });
});

describe('attaching', () => {
  it('begins with the first event of the running turn if nothing was heard, for each that attaches', async () => {
    const { server, running } = await startTalking();
    const asked = await server.post('session-1', prompt);
    const subject = await running();
    say(subject, 'a', 'b');
    const attached = await Promise.all([
      attach(server, 'session-1'),
      listen(server, `${sessionHeader}=session-1`),
    ]);
    say(subject, 'c');
    subject.complete();
    const heard = await Promise.all([asked, ...attached].map(readAll));
    expect(heard[0]?.map(({ kind }) => kind)).toHaveLength(4);
    expect(heard).toEqual([heard[0], heard[0], heard[0]]);
    expect(deltas(heard[0] ?? [])).toEqual(['a', 'b', 'c']);
  });

  it('hears everything once as EventSource does, which stops when there is nothing more', async () => {
    const { server, running } = await startTalking();
    await server.post('session-1', prompt);
    const subject = await running();
    const heard: SentEvent[] = [];
    const statuses: number[] = [];
    for (let said = 0; statuses.at(-1) !== 204; said++) {
      const lastEventId = heard.at(-1)?.id;
      const response = await listen(
        server,
        `${sessionHeader}=session-1`,
        lastEventId ? { 'last-event-id': lastEventId } : {},
      );
      statuses.push(response.status);
      if (response.status === 204) break;
      // The connection breaks after one event, and then some are said that nobody hears.
      const received = readEvents(response);
      say(subject, `${said}`, `${said}, unheard`);
      const { value } = await received.next();
      if (value !== undefined) heard.push(value);
      await received.return(undefined);
      if (said === 2) subject.complete();
    }
    expect(deltas(heard)).toEqual(['0', '0, unheard', '1', '1, unheard', '2', '2, unheard']);
    expect(numbers(heard)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(heard.at(-1)?.kind).toBe('task-complete');
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 204]);
  });

  it('goes on from now for one that says it has seen all, however many there are', async () => {
    const { server, subject, turn } = await startDetached();
    const response = await attach(server, 'session-1', `${turn}:${beyond}`);
    say(subject, 'b');
    subject.complete();
    expect(numbers(await readAll(response))).toEqual([2, 3]);
  });

  it('gives one JSON document of what was not heard to a caller that wants JSON', async () => {
    const { server, subject, first } = await startDetached();
    const response = await attach(server, 'session-1', first, json);
    say(subject, 'b');
    subject.next(event('task-complete', { content: 'done' }));
    subject.complete();
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual({
      content: 'done',
      events: [
        { kind: 'content-delta', taskId: 'task-1', delta: 'b' },
        { kind: 'task-complete', taskId: 'task-1', content: 'done' },
      ],
    });
  });

  it.each([
    ['a stream', {}, ': keep-alive\n'],
    ['a document', json, '\n'],
  ])('keeps %s alive', async (_, init, comment) => {
    const { server, subject, first } = await startDetached({ keepAliveSeconds: 0.01 });
    const response = await attach(server, 'session-1', first, init);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toMatch(comment);
    subject.complete();
    let text = '';
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read())
      text += part.value;
    expect(text).toContain('task-complete');
  });

  it('answers 204 if there is nothing to hear', async () => {
    const server = await startServer();
    const statuses = async (lastEventId?: string) => {
      const query = `${sessionHeader}=session-1${lastEventId ? `&Last-Event-ID=${lastEventId}` : ''}`;
      const answers = [await attach(server, 'session-1', lastEventId), await listen(server, query)];
      for (const answer of answers) {
        expect(await answer.text()).toBe('');
        expect(answer.headers.get('content-length')).toBeNull();
      }
      return answers.map(({ status }) => status);
    };
    expect(await statuses()).toEqual([204, 204]);
    const last = (await runWhole(server)).at(-1)?.id ?? '';
    expect(await statuses()).toEqual([204, 204]);
    expect(await statuses(last)).toEqual([204, 204]);
    expect(await statuses(`${turnOf({ id: last, kind: '', data: {} })}:${beyond}`)).toEqual([204, 204]);
    expect(await statuses(`unknown:${beyond}`)).toEqual([204, 204]);
  });

  it('answers 204 to one that has heard all of the last turn, although another one runs', async () => {
    const { server, running } = await startTalking();
    const response = server.post('session-1', prompt);
    (await running()).complete();
    const last = (await readAll(await response)).at(-1)?.id ?? '';
    await server.post('session-1', prompt);
    await running(2);
    expect((await attach(server, 'session-1', last)).status).toBe(204);
    expect(
      (await readAll(await attach(server, 'session-1', `${turnOf({ id: last, kind: '', data: {} })}:0`)))[0]
        ?.id,
    ).toBe(last);
    expect((await readAll(await attach(server, 'session-1', 'unknown:1'))).map(code)).toEqual([
      'EVENTS_LOST',
    ]);
  });

  it('tells of a turn that could not start', async () => {
    let fail = (_: Error) => {};
    const agent = () => new Promise<never>((_, reject) => (fail = reject));
    const server = await startServer({ agent });
    const response = server.post('session-1', prompt);
    await vi.waitFor(async () => expect((await server.health()).status).toBe('HealthyBusy'));
    const attached = await attach(server, 'session-1');
    fail(new Error('no model'));
    expect((await response).status).toBe(500);
    const sent = await readAll(attached);
    expect(sent).toMatchObject([
      { kind: 'error', data: { code: 'AGENT_FAILED', message: 'The agent failed. The log says why.' } },
    ]);
    expect((await attach(server, 'session-1', sent[0]?.id)).status).toBe(204);
  });

  it('does not forget the last turn for one that could not start', async () => {
    const agentStore = new FakeStore();
    const server = await startServer({ agentStore });
    const [first] = await runWhole(server);
    expect((await server.post('session-1', { inputs: [{ inputId: 'i' }] })).status).toBe(409);
    expect(await readAll(await attach(server, 'session-1', first?.id))).toHaveLength(3);
  });

  it('is for those that may use the session, and hears no other one', async () => {
    const server = await startServer({
      decodeAuthorization: async (header) => header,
      authorize: (who, session) => who === session,
    });
    const as = (who: string) => ({ headers: { authorization: who } });
    const sent = await readAll(await server.post('session-1', prompt, as('session-1')));
    const first = sent[0]?.id;
    expect((await attach(server, 'session-1', first)).status).toBe(401);
    expect((await listen(server, `${sessionHeader}=session-1`)).status).toBe(401);
    expect((await attach(server, 'session-1', first, as('session-2'))).status).toBe(403);
    expect((await readAll(await attach(server, 'session-1', first, as('session-1')))).at(-1)).toEqual(
      sent.at(-1),
    );
    expect((await readAll(await attach(server, 'session-2', first, as('session-2')))).map(code)).toEqual([
      'EVENTS_LOST',
    ]);
  });

  it('leaves the state to GET and HEAD that ask for no stream', async () => {
    const server = await startServer({ script: () => NEVER });
    await server.post('session-1', prompt);
    expect(await (await server.get('session-1')).json()).toMatchObject({ status: 'idle' });
    const headers = { [sessionHeader]: 'session-1', accept: 'text/event-stream' };
    const head = await fetch(`${server.url}/invocations`, { method: 'HEAD', headers });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'application/json']);
  });
});

describe('the last id and the session', () => {
  it('may be named by the query, in any case of letters', async () => {
    const server = await startServer();
    const [first] = await runWhole(server, 'session 1/é');
    const session = encodeURIComponent('session 1/é');
    const query = `${sessionHeader.toLowerCase()}=${session}&last-event-id=${first?.id}`;
    expect(numbers(await readAll(await listen(server, query)))).toEqual([2, 3, 4]);
    const body = JSON.stringify({ type: 'attach', lastEventId: first?.id });
    const posted = await fetch(
      `${server.url}/invocations?${query.toUpperCase().replace(/=.*/, '')}=${session}`,
      {
        method: 'POST',
        body,
      },
    );
    expect(numbers(await readAll(posted))).toEqual([2, 3, 4]);
  });

  it('may be said more than once, if that is the same; a browser sends the URL it began with', async () => {
    const server = await startServer();
    const sent = await runWhole(server);
    const query = `${sessionHeader}=session-1&Last-Event-ID=${sent[0]?.id}`;
    const headers = { [sessionHeader]: 'session-1', 'last-event-id': sent[2]?.id ?? '' };
    expect(numbers(await readAll(await listen(server, query, headers)))).toEqual([4]);
    const same = { headers: { 'last-event-id': sent[2]?.id ?? '' } };
    expect(numbers(await readAll(await attach(server, 'session-1', sent[2]?.id, same)))).toEqual([4]);
  });

  it.each<[string, string, Record<string, string>, unknown?]>([
    ['sessions in header and query', `${sessionHeader}=b`, { [sessionHeader]: 'a' }],
    ['sessions in the query', `${sessionHeader}=a&${sessionHeader}=b`, {}],
    ['no session', `${sessionHeader}=`, {}],
    ['last ids in the query', `${sessionHeader}=a&Last-Event-ID=t:1&last-event-id=t:2`, {}],
    ['turns in header and query', `${sessionHeader}=a&Last-Event-ID=t:1`, { 'last-event-id': 'u:1' }],
    ['last ids in header and body', `${sessionHeader}=a`, { 'last-event-id': 't:1' }, 't:2'],
    ['last ids in query and body', `${sessionHeader}=a&Last-Event-ID=t:1`, {}, 't:2'],
  ])('are refused if they contradict each other: %s', async (_, query, headers, lastEventId) => {
    const server = await startServer();
    const response = await (lastEventId === undefined
      ? listen(server, query, headers)
      : fetch(`${server.url}/invocations?${query}`, {
          method: 'POST',
          headers,
          body: JSON.stringify({ type: 'attach', lastEventId }),
        }));
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'BAD_REQUEST' } }]);
  });

  it.each(['7', 'turn', 'turn:', 'turn:x', ':1', 'turn:-1', 'turn:1:2', 'a b:1'])(
    'are refused if the last id is %j, with its form',
    async (id) => {
      const server = await startServer();
      const query = `${sessionHeader}=session-1`;
      for (const response of [
        await attach(server, 'session-1', id),
        await listen(server, query, { 'last-event-id': id }),
        await listen(server, `${query}&Last-Event-ID=${encodeURIComponent(id)}`),
      ]) {
        expect(response.status).toBe(400);
        expect(await response.text()).toContain('<turn>:<number>');
      }
    },
  );

  it('are refused if the last id is no text', async () => {
    const server = await startServer();
    for (const lastEventId of [1, null, '', 'x'.repeat(200)]) {
      const response = await server.post('session-1', { type: 'attach', lastEventId });
      expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('lastEventId')]);
    }
  });
});

describe('events that are no longer held', () => {
  /** Attaches again and again as a browser does, until there is nothing more to hear. */
  async function hearAll(server: TestServer, lastEventId: string): Promise<SentEvent[]> {
    const heard: SentEvent[] = [];
    for (let last = lastEventId; heard.length < 100; last = heard.at(-1)?.id ?? last) {
      const response = await listen(server, `${sessionHeader}=session-1`, { 'last-event-id': last });
      if (response.status === 204) return heard;
      heard.push(...(await readAll(response)));
    }
    throw new Error('It never ends.');
  }

  it('are named as lost, once, with what to do: those of a turn that nobody knows', async () => {
    const server = await startServer();
    const heard = await hearAll(server, 'unknown:7');
    expect(heard).toEqual([
      {
        id: `unknown:${beyond}`,
        kind: 'error',
        data: { code: 'EVENTS_LOST', message: expect.stringContaining('Read the state of the session') },
      },
    ]);
    const response = await attach(server, 'session-1', 'unknown:7', json);
    expect(await response.json()).toMatchObject({
      error: { code: 'EVENTS_LOST' },
      events: [{ kind: 'error', code: 'EVENTS_LOST' }],
    });
  });

  it.each<[string, Partial<ServeConfig>]>([
    ['events of the turn', { maxReplayEvents: 2 }],
    ['bytes of the turn', { maxReplayBytes: 55 }],
    ['events of all', { maxTotalReplayEvents: 2 }],
    ['bytes of all', { maxTotalReplayBytes: 55 }],
  ])('are named as lost, and then those that are held: too many %s', async (_, config) => {
    const { server, subject, first, turn } = await startDetached(config);
    const data = JSON.stringify({ taskId: 'task-1', delta: 'b' });
    expect(data).toHaveLength(31);
    say(subject, 'b', 'c');
    const early = await attach(server, 'session-1', first);
    say(subject, 'd');
    const fromStart = await attach(server, 'session-1');
    const held = config.maxReplayBytes === undefined && config.maxTotalReplayBytes === undefined ? 2 : 1;
    subject.complete();
    // One that listens misses nothing, however little is kept.
    const heardEarly = await readAll(early);
    expect(deltas(heardEarly)).toEqual(held === 2 ? ['b', 'c', 'd'] : ['c', 'd']);
    expect(heardEarly.map(code).filter(Boolean)).toEqual(held === 2 ? [] : ['EVENTS_LOST']);
    const heard = await readAll(fromStart);
    expect(heard.map(({ id }) => id)).toEqual(
      [4 - held, ...(held === 2 ? [3, 4] : [4]), 5].map((number) => `${turn}:${number}`),
    );
    expect(heard.map(code)).toEqual(['EVENTS_LOST', ...Array(held + 1).fill(undefined)]);
    const again = await hearAll(server, first);
    expect(again.map(code)).toEqual(['EVENTS_LOST', undefined, undefined]);
    expect(numbers(again)).toEqual([3, 4, 5]);
  });

  it('are all those of a turn that ended longer ago than it is kept', async () => {
    const server = await startServer({ replaySeconds: 0.01 });
    const [first] = await runWhole(server);
    await vi.waitFor(async () => {
      const sent = await readAll(await attach(server, 'session-1', first?.id));
      expect(sent.map(code)).toEqual(['EVENTS_LOST']);
    });
  });

  it('are all those of a turn that has ended, if none is to be kept', async () => {
    const server = await startServer({ replaySeconds: 0 });
    const [first] = await runWhole(server);
    expect((await readAll(await attach(server, 'session-1', first?.id))).map(code)).toEqual(['EVENTS_LOST']);
  });

  it('are those of the turn before the last one', async () => {
    const server = await startServer();
    const [before] = await runWhole(server);
    const [last] = await runWhole(server);
    expect((await readAll(await attach(server, 'session-1', before?.id))).map(code)).toEqual(['EVENTS_LOST']);
    expect(numbers(await readAll(await attach(server, 'session-1', last?.id)))).toEqual([2, 3, 4]);
  });

  it('are those of the turn that ended longest ago, if all together hold too many', async () => {
    const server = await startServer({ maxTotalReplayEvents: 10 });
    const firsts: string[] = [];
    for (const session of ['a', 'b', 'c']) firsts.push((await runWhole(server, session))[0]?.id ?? '');
    const heard = await Promise.all(
      ['a', 'b', 'c'].map(async (session, index) => readKinds(await attach(server, session, firsts[index]))),
    );
    expect(heard.map(({ length }) => length)).toEqual([1, 3, 3]);
  });
});

describe('a turn that nobody listens to', () => {
  it('is stopped by a cancel, and says so to whoever comes back', async () => {
    const { server, subject, first } = await startDetached();
    expect(await (await server.post('session-1', { type: 'cancel' })).json()).toEqual({ cancelled: true });
    expect(subject.observed).toBe(false);
    expect((await readAll(await attach(server, 'session-1', first))).map(code)).toEqual(['CANCELLED']);
  });

  it('is stopped by the end of the server', async () => {
    const { server, subject } = await startDetached();
    await server.close();
    expect(subject.observed).toBe(false);
    expect(server.logger.lines).toMatchObject([{ code: 'STOPPING', callerLeft: true }]);
  });

  it('is stopped when its time is up', async () => {
    const { server, subject, first } = await startDetached({ turnTimeoutSeconds: 0.5 });
    await vi.waitFor(() => expect(subject.observed).toBe(false));
    expect((await readAll(await attach(server, 'session-1', first))).map(code)).toEqual(['TIMED_OUT']);
  });
});

it('tells all that listen, and in the same words, that a turn is cancelled or the server stops', async () => {
  for (const [reason, end] of [
    ['CANCELLED', (server: TestServer) => server.post('session-1', { type: 'cancel' })],
    ['STOPPING', (server: TestServer) => server.close()],
  ] as const) {
    const { server } = await startTalking();
    const asked = await server.post('session-1', prompt);
    const attached = await attach(server, 'session-1');
    const document = await attach(server, 'session-1', undefined, json);
    await end(server);
    expect((await readAll(asked)).map(code)).toEqual([reason]);
    expect((await readAll(attached)).map(code)).toEqual([reason]);
    expect(await document.json()).toMatchObject({ error: { code: reason } });
  }
});

it.each([
  ['onDisconnect', 'stay'],
  ['maxReplayEvents', -1],
  ['maxReplayBytes', Number.NaN],
  ['maxTotalReplayEvents', '1'],
  ['maxTotalReplayBytes', -1],
  ['replaySeconds', -1],
])('refuses %s if it is %s', async (name, value) => {
  const starting = startServer({ [name]: value });
  await expect(starting).rejects.toMatchObject({
    code: 'CONFIGURATION',
    message: expect.stringContaining(name),
  });
});

describe('createApp', () => {
  /** The server as `createApp` has it, which calls it with Web standard requests. */
  function createWeb(config: Partial<ServeConfig> = {}) {
    const subject = new Subject<AgentEvent>();
    const server = new AgentServer({ agent: async (id) => new FakeAgent(id, () => subject), ...config });
    const request = (init: RequestInit, query = `${sessionHeader}=session-1`) =>
      answerWebRequest(new Request(`http://localhost/invocations?${query}`, init), (exchange) =>
        server.handle(exchange),
      );
    const post = (body: unknown, init?: RequestInit) =>
      request({ method: 'POST', body: JSON.stringify(body), ...init });
    return { server, subject, request, post };
  }

  it('lets a turn go on whose reader has left, and be heard again', async () => {
    const { server, subject, request, post } = createWeb();
    const received = readEvents(await post(prompt));
    say(subject, 'a', 'b');
    const first = (await received.next()).value?.id ?? '';
    await received.return(undefined);
    expect(server.isBusy).toBe(true);
    const posted = await post({ type: 'attach', lastEventId: first });
    const headers = { accept: 'text/event-stream', 'last-event-id': first };
    const got = await request({ headers });
    say(subject, 'c');
    subject.complete();
    for (const response of [posted, got]) expect(deltas(await readAll(response))).toEqual(['b', 'c']);
    const over = await post({ type: 'attach' });
    expect([over.status, over.body]).toEqual([204, null]);
    expect(server.isBusy).toBe(false);
  });

  it('answers a caller that has left before its turn was under way, and runs the turn', async () => {
    const { server, subject, post } = createWeb();
    const response = await post(prompt, { signal: AbortSignal.abort() });
    expect(response.status).toBe(499);
    await vi.waitFor(() => expect(subject.observed).toBe(true));
    const attached = await post({ type: 'attach' });
    subject.complete();
    expect(await readKinds(attached)).toEqual(['task-complete']);
    expect((await post({ type: 'attach' }, { signal: AbortSignal.abort() })).status).toBe(204);
    expect(server.isBusy).toBe(false);
  });

  it('lets one that attaches leave before it is answered', async () => {
    const { server, subject, post } = createWeb();
    await post(prompt);
    const response = await post({ type: 'attach' }, { signal: AbortSignal.abort() });
    expect(response.status).toBe(499);
    subject.complete();
    await vi.waitFor(() => expect(server.isBusy).toBe(false));
  });
});

describe('what is awaited before a turn ends', () => {
  async function startHeldBack(beforeEnd: (last: LoggedEvent, held: HeldTurn) => Promise<void>) {
    const subject = new Subject<AgentEvent>();
    const logged: LoggedEvent[] = [];
    const turnStore = new InMemoryTurnStore({ agentId: 'agent' });
    const begin = turnStore.begin.bind(turnStore);
    vi.spyOn(turnStore, 'begin').mockImplementation(async (contextId, request) => {
      const start = await begin(contextId, request);
      if (start.outcome !== 'begun') return start;
      const held = start.turn;
      const end = (last: LoggedEvent) => beforeEnd(last, held).then(() => held.end(last), fail);
      const fail = async (error: unknown) => {
        await held.abandon();
        throw error;
      };
      const log = (event: LoggedEvent) => {
        logged.push(event);
        held.log(event);
      };
      return { ...start, turn: { ...held, end, log } };
    });
    const server = new AgentServer({
      turnStore,
      agent: async (id) => new FakeAgent(id, (turn) => (turn.message === 'echo' ? echo(turn) : subject)),
    });
    const post = (body: unknown) =>
      answerWebRequest(
        new Request('http://localhost/invocations', {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { [sessionHeader]: 'session-1' },
        }),
        (exchange) => server.handle(exchange),
      );
    return { server, subject, post, logged };
  }

  it('comes before the session is free and before the last event, which is known by then', async () => {
    let goOn = () => {};
    const known: unknown[] = [];
    const { server, subject, post, logged } = await startHeldBack(async (last) => {
      known.push(last);
      await new Promise<void>((resolve) => (goOn = resolve));
    });
    const response = await post(prompt);
    say(subject, 'a');
    subject.complete();
    await vi.waitFor(() => expect(known).toEqual([{ kind: 'task-complete', data: '{}' }]));
    // No more than the port says, since a store may keep all that it is given.
    expect(logged).toEqual([{ kind: 'content-delta', data: expect.any(String) }]);
    expect(server.isBusy).toBe(true);
    expect((await post(prompt)).status).toBe(409);
    const attached = await post({ type: 'attach' });
    const received = readEvents(attached);
    expect((await received.next()).value?.kind).toBe('content-delta');
    goOn();
    expect((await received.next()).value?.kind).toBe('task-complete');
    expect(await readKinds(response)).toEqual(['content-delta', 'task-complete']);
    expect(server.isBusy).toBe(false);
  });

  it('comes after a failure too, and cuts the answer off if it fails', async () => {
    const beforeEnd = vi.fn(() => Promise.reject(new Error('no store')));
    const { server, subject, post } = await startHeldBack(beforeEnd);
    const response = await post(prompt);
    say(subject, 'a');
    subject.error(new Error('no model'));
    await expect(readAll(response)).rejects.toMatchObject({ message: cutOff });
    expect(beforeEnd).toHaveBeenCalledOnce();
    expect(server.isBusy).toBe(false);
  });

  it('is heard by whoever comes back if nobody has answered whether it is stored', async () => {
    const { server, subject, post } = await startHeldBack(async (last, held) => {
      await held.end(last);
      throw new Error('The answer is lost.');
    });
    const response = await post(prompt);
    say(subject, 'a');
    const received = readEvents(response);
    const { value: first } = await received.next();
    const attached = await post({ type: 'attach' });
    subject.complete();
    await expect(received.next()).rejects.toMatchObject({ message: cutOff });
    await expect(readAll(attached)).rejects.toMatchObject({ message: cutOff });
    expect(server.isBusy).toBe(false);
    const rest = await readAll(await post({ type: 'attach', lastEventId: first?.id }));
    expect(rest.map(({ kind }) => kind)).toEqual(['task-complete']);
  });
});
