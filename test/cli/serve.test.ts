import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { loadClient } from '../../src/cli/stores/load-client.js';
import { cli, cliJson } from './harness.js';

const sessionHeader = { 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': 's' };

/** Serves, does something with the URL that it says, and interrupts it. */
async function whileServing(argv: readonly string[], work: (url: string) => Promise<void>) {
  const controller = new AbortController();
  let working: Promise<void> | undefined;
  const outcome = await cli(['serve', '--port', '0', ...argv], {
    controller,
    onOut(out) {
      const url = out.match(/http:\/\/[^"\s/]+/)?.[0];
      if (url === undefined || working !== undefined) return;
      working = work(url).finally(() => controller.abort('SIGINT'));
    },
  });
  await working;
  return outcome;
}

async function send(url: string, body: object): Promise<string> {
  const response = await fetch(`${url}/invocations`, {
    method: 'POST',
    headers: sessionHeader,
    body: JSON.stringify(body),
  });
  return response.text();
}

describe('serve', () => {
  it('runs a small agent on a store, until it is interrupted', async () => {
    const url = 'memory:serve-1?agentId=a';
    const { code, out, err } = await whileServing(['--store', url], async (server) => {
      expect(await send(server, { prompt: 'hello' })).toContain('You said: hello');
      const asked = await send(server, { prompt: 'ask Which seat?' });
      const [, inputId] = asked.match(/"inputId":"([^"]+)"/) ?? [];
      expect(await send(server, { inputs: [{ inputId, value: '12A' }] })).toContain('12A');
      expect(await send(server, { prompt: 'recall' })).toContain('user: hello');
    });
    expect([code, err]).toEqual([130, '']);
    expect(out).toMatch(/^Listening on http:\/\/127\.0\.0\.1:\d+\nStore: memory, gone with the process\n/);
    expect((await cliJson(['sessions', 'show', url, 's'])).document.state.turnCount).toBe(4);
  });

  it('says where it listens as JSON', async () => {
    const { out } = await whileServing(['--json', '--host', '::1'], async () => undefined);
    expect(JSON.parse(out)).toEqual({
      url: expect.stringMatching(/^http:\/\/\[::1\]:\d+$/),
      store: expect.any(String),
    });
  });

  it('says that a port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { code, err } = await cli(['serve', '--port', String(port)]);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining(`cannot listen on port ${port} of 127.0.0.1 (EADDRINUSE)`),
    ]);
    taken.close();
  });

  it('does not begin with a store that cannot be used', async () => {
    const { code, out } = await cli(['serve', '--port', '0', '--store', 'redis://127.0.0.1:1?agentId=a']);
    expect([code, out]).toEqual([1, '']);
  });

  it('ends at once if it has been interrupted before it listens', async () => {
    const controller = new AbortController();
    controller.abort('SIGTERM');
    expect((await cli(['serve', '--port', '0'], { controller })).code).toBe(143);
  });

  it('writes what goes wrong to stderr', async () => {
    const { err } = await whileServing(['--store', 'memory:serve-2'], async (server) => {
      await fetch(`${server}/invocations`, { method: 'POST', headers: sessionHeader, body: '{' });
      await send(server, { inputs: [{ inputId: 'unknown', value: 1 }] });
    });
    expect(err).toMatch(/^request .*status=400/);
    expect(err.split('\n')).toHaveLength(3);
  });
});

describe('a client that is not installed', () => {
  it('is what to install', async () => {
    const load = () => loadClient('ioredis', () => Promise.reject(new Error('Cannot find package')));
    await expect(load()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: 'The package "ioredis" could not be loaded. Install it: npm install ioredis',
    });
  });
});
