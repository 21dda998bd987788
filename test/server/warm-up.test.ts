import { describe, expect, it, vi } from 'vitest';
import { createApp } from '../../src/hono.js';
import { FakeAgent } from './fake-agent.js';
import { readKinds, startServer, type TestServer } from './harness.js';

const warm = (server: TestServer, path = '/warmup') => fetch(server.url + path, { method: 'POST' });
const answerOf = async (response: Response) => [response.status, await response.json()];
const status = async (server: TestServer) => (await server.get(null, '/ping')).status;

describe('a warm-up', () => {
  it('runs once, whoever asks for it and however often, and pings are answered 503 meanwhile', async () => {
    let finish = () => {};
    const warmup = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const server = await startServer({ warmup });
    expect(await status(server)).toBe(200);
    const answers = [warm(server), warm(server)];
    await vi.waitFor(() => expect(warmup).toHaveBeenCalled());
    const ping = await server.get(null, '/ping');
    expect(await answerOf(ping)).toMatchObject([503, { error: { code: 'NOT_READY' } }]);
    // Whoever asks for a turn has one.
    expect(await readKinds(await server.post('s', { prompt: 'hi' }))).toContain('task-complete');
    finish();
    for (const answer of answers) expect(await answerOf(await answer)).toEqual([200, { status: 'warm' }]);
    expect(await answerOf(await warm(server))).toEqual([200, { status: 'warm' }]);
    expect(await status(server)).toBe(200);
    expect(warmup).toHaveBeenCalledOnce();
  });

  it('that fails is 500 each time, runs once, and leaves the server not ready but at work', async () => {
    const warmup = vi.fn(() => {
      throw new Error('The model is not there.');
    });
    const server = await startServer({ warmup });
    for (let count = 0; count < 2; count++) {
      expect(await answerOf(await warm(server))).toEqual([
        500,
        { error: { code: 'WARMUP_FAILED', message: 'The warm-up failed. The log says why.' } },
      ]);
    }
    expect(warmup).toHaveBeenCalledOnce();
    expect(server.logger.lines[0]).toMatchObject({
      ...{ level: 'error', path: '/warmup', status: 500, code: 'WARMUP_FAILED' },
      error: { cause: { message: 'The model is not there.' } },
    });
    expect(await status(server)).toBe(503);
    expect((await server.post('s', { prompt: 'hi' })).status).toBe(200);
  });

  it('has no route if there is none, and one of its own if it is told to', async () => {
    const without = await startServer();
    expect((await warm(without)).status).toBe(404);
    const server = await startServer({ warmup: () => {}, warmupPath: '/hooks/warm' });
    expect((await warm(server)).status).toBe(404);
    expect((await server.get(null, '/hooks/warm')).status).toBe(404);
    expect((await warm(server, '/hooks/warm')).status).toBe(200);
  });

  it('is there in an app too', async () => {
    const app = createApp({ agent: async (contextId) => new FakeAgent(contextId), warmup: async () => 1 });
    expect((await app.request('/warmup', { method: 'POST' })).status).toBe(200);
  });

  it('does not make a server ready that is not', async () => {
    const server = await startServer({ warmup: () => {}, ready: () => new Promise(() => {}) });
    expect((await warm(server)).status).toBe(200);
    expect(await status(server)).toBe(503);
  });

  it('has options that are checked', async () => {
    const notOne: { warmup: () => void } = JSON.parse('{"warmup":"yes"}');
    await expect(startServer(notOne)).rejects.toThrow('"warmup" must be a function');
    for (const warmupPath of ['warm', '/', '/ping', '/invocations', '/warm?x', '']) {
      await expect(startServer({ warmup: () => {}, warmupPath })).rejects.toThrow('"warmupPath"');
    }
  });
});
