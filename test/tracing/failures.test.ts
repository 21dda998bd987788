import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openTelemetry } from '../../src/adapters/tracing/index.js';
import type { RequestTelemetry, Telemetry, TurnTelemetry } from '../../src/domain/telemetry.js';
import { readAll, startServer } from '../server/harness.js';
import { collect } from './collector.js';

const fail = (): never => {
  throw new Error('Bearer secret-token is out of order.');
};

/** Telemetry of which one method throws. */
function createBroken(broken: string): Telemetry {
  const orFail = <Method>(name: string, method: Method) => (name === broken ? fail : method);
  const turn: TurnTelemetry = {
    run: orFail('turn.run', (work) => work()),
    end: orFail('turn.end', () => {}),
  };
  const request: RequestTelemetry = {
    run: orFail('request.run', (work) => work()),
    session: orFail('session', () => {}),
    turn: orFail('turn', () => turn),
    attached: orFail('attached', () => {}),
    end: orFail('end', () => {}),
  };
  return {
    request: orFail('request', () => request),
    watch: orFail('watch', () => orFail('unwatch', () => {})),
    runAlone: orFail('runAlone', (work) => work()),
    flush: orFail('flush', async () => {}),
  };
}

const methods = ['request', 'request.run', 'session', 'turn', 'turn.run', 'turn.end', 'attached', 'end'];

/** Asks for a turn, for the same again, for what cannot be, and for the end of the server. */
async function useServer(telemetry: Telemetry) {
  const server = await startServer({ telemetry, maxSessions: 1 });
  const init = { headers: { 'Idempotency-Key': 'k' } };
  const kinds = ['task-created', 'content-delta', 'content-delta', 'task-complete'];
  for (let count = 0; count < 2; count++) {
    const events = await readAll(await server.post('s', { prompt: 'hi' }, init));
    expect(events.map(({ kind }) => kind)).toEqual(kinds);
  }
  expect((await server.post(null, { prompt: 'hi' })).status).toBe(200);
  expect((await server.post('s', 'no JSON')).status).toBe(400);
  expect(server.agents).toHaveLength(2);
  await server.close();
  return server.logger.lines.filter(({ message }) => message.includes('telemetry'));
}

describe('telemetry that throws', () => {
  it.each([...methods, 'watch', 'unwatch', 'runAlone'])(
    'changes nothing, and is told of once, in other words than its own: %s',
    async (method) => {
      const lines = await useServer(createBroken(method));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({ level: 'warn', error: { type: 'Error', message: '[redacted]' } });
      expect(JSON.stringify(lines)).not.toContain('secret-token');
    },
  );

  it('cannot keep the server from closing: flush', async () => {
    const lines = await useServer(createBroken('flush'));
    expect(lines).toMatchObject([{ level: 'warn', message: 'The telemetry could not be sent.' }]);
  });

  it('is not waited for for ever', async () => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout'],
      shouldAdvanceTime: true,
      advanceTimeDelta: 1_000,
    });
    onTestFinished(() => void vi.useRealTimers());
    const lines = await useServer({ ...createBroken('none'), flush: () => new Promise(() => {}) });
    expect(lines).toMatchObject([{ level: 'warn', message: 'The telemetry was not sent within 3 seconds.' }]);
  });

  it.each(['request.run', 'turn.run'])(
    'runs the work once, and passes on what it gives: %s',
    async (method) => {
      const runTwice = (work: () => void) => {
        work();
        work();
        fail();
      };
      for (const run of [() => {}, runTwice]) {
        const telemetry = createBroken('none');
        const request = telemetry.request({ method: 'POST', route: '/invocations', headers: {} });
        const turn = request?.turn({ sessionId: 's', turnId: 't', said: 'hi' });
        if (request === undefined || turn === undefined) throw new Error('There is none.');
        (method === 'turn.run' ? turn : request).run = run;
        await useServer(telemetry);
      }
    },
  );

  it('may want to hear of nothing', async () => {
    const telemetry = createBroken('none');
    expect(await useServer({ ...telemetry, request: () => undefined })).toEqual([]);
    const request = telemetry.request({ method: 'POST', route: '/invocations', headers: {} });
    if (request !== undefined) request.turn = () => undefined;
    expect(await useServer(telemetry)).toEqual([]);
  });

  it('is refused if it is none', async () => {
    const start = startServer({ telemetry: JSON.parse('{}') });
    await expect(start).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('telemetry'),
    });
  });
});

describe('openTelemetry', () => {
  it.each([
    ['agentName', ''],
    ['agentId', 5],
    ['agentVersion', ''],
    ['providerName', ''],
    ['captureContent', 'yes'],
    ['agent', 'support'],
  ])('refuses an option that cannot work: %s', (option, value) => {
    const options: object = { [option]: value };
    expect(() => openTelemetry(options)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringContaining(`"${option}"`) }),
    );
  });

  it('tells nothing without a provider, and has nothing to send', async () => {
    const telemetry = openTelemetry();
    expect(telemetry.request({ method: 'POST', route: '/invocations', headers: {} })).toBeUndefined();
    expect(await useServer(telemetry)).toEqual([]);
    await telemetry.flush();
  });

  it('has the providers send what they hold, and says if they cannot', async () => {
    const forceFlush = vi.fn(async () => {});
    const collector = collect({
      processor: { onStart() {}, onEnd() {}, forceFlush, shutdown: async () => {} },
    });
    const server = await startServer({ telemetry: openTelemetry() });
    await readAll(await server.post('s', { prompt: 'hi' }));
    expect([forceFlush.mock.calls.length, collector.numbersSent()]).toEqual([0, 0]);
    await server.close();
    expect([forceFlush.mock.calls.length, collector.numbersSent()]).toEqual([1, 1]);
    const cause = new Error('The collector is away.');
    forceFlush.mockRejectedValue(cause);
    const failure = await openTelemetry()
      .flush()
      .catch((error) => error);
    expect(failure.message).toBe('OpenTelemetry could not send all that it holds.');
    expect([failure.cause].flat()).toEqual([cause]);
    expect(collector.numbersSent()).toBe(2);
  });
});
