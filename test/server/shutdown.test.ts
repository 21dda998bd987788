import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { readAll, sessionHeader, startServer } from './harness.js';

interface Message {
  readonly port?: number;
  readonly shutdown?: string;
  readonly closed?: string;
}

/** A server in a process of its own, and what it has told. */
async function startChild(graceSeconds: number, { logFile = '', middleware = '' } = {}) {
  const script = fileURLToPath(new URL('./shutdown-child.ts', import.meta.url));
  const child = fork(script, [logFile, String(graceSeconds), middleware], {
    execArgv: ['--import', 'tsx'],
    silent: true,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const told: Message[] = [];
  child.on('message', (message) => told.push(Object(message)));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += data));
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  await vi.waitFor(() => expect(told[0]?.port).toBeGreaterThan(0), { timeout: 20_000 });
  const url = `http://127.0.0.1:${told[0]?.port}`;
  const post = (session: string, prompt: string) => {
    const init = { method: 'POST', headers: { [sessionHeader]: session }, body: JSON.stringify({ prompt }) };
    return fetch(`${url}/invocations`, init);
  };
  const lines = () =>
    output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const stopping = () =>
    vi.waitFor(() => expect(lines()).toContainEqual(expect.objectContaining({ msg: 'Stopping.' })));
  return { child, url, post, told, exited, lines, stopping };
}

it.each([
  ['SIGTERM', ''],
  ['SIGINT', ''],
  ['SIGTERM', ' with middleware in front'],
] as const)('lets a running turn end on %s%s, and begins no other', async (name, middleware) => {
  const { child, url, post, told, exited, stopping } = await startChild(60, { middleware });
  if (middleware) expect(await (await fetch(`${url}/login`)).text()).toBe('Who are you?');
  await readAll(await post('idle', 'hi'));
  const running = await post('running', 'wait');
  child.kill(name);
  await stopping();
  expect(await (await post('idle', 'hi')).json()).toMatchObject({ error: { code: 'STOPPING' } });
  expect(await (await fetch(`${url}/ping`)).json()).toMatchObject({ status: 'HealthyBusy' });
  child.send('finish');
  expect((await readAll(running)).at(-1)?.kind).toBe('task-complete');
  expect(await exited).toEqual({ code: 0, signal: null });
  expect(told.slice(1)).toEqual([{ shutdown: 'idle' }, { shutdown: 'running' }, { closed: 'store' }]);
});

it('stops a turn that does not end in time, and ends with states and logs written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'shutdown-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const logFile = join(folder, 'log');
  const { child, post, told, exited } = await startChild(0.05, { logFile });
  await readAll(await post('idle', 'hi'));
  const running = await post('running', 'endless');
  child.kill('SIGTERM');
  expect((await readAll(running)).at(-1)).toMatchObject({ kind: 'error', data: { code: 'STOPPING' } });
  expect(await exited).toEqual({ code: 0, signal: null });
  expect(told.slice(1)).toEqual([{ shutdown: 'idle' }, { closed: 'store' }]);
  const lines = (await readFile(logFile, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { msg: 'request', sessionId: 'idle', status: 200 },
    { msg: 'Stopping.' },
    { msg: 'request', sessionId: 'running', code: 'STOPPING' },
    { msg: 'Stopped.' },
  ]);
});

it('exits at once on a second signal', async () => {
  const { child, post, exited, told, stopping } = await startChild(60);
  await post('running', 'endless');
  child.kill('SIGTERM');
  await stopping();
  child.kill('SIGTERM');
  expect(await exited).toEqual({ code: 143, signal: null });
  expect(told).toHaveLength(1);
});

it('logs to stdout with pino where it is given no logger', async () => {
  const { child, post, exited, lines } = await startChild(0);
  await readAll(await post('session-1', 'hi'));
  child.kill('SIGTERM');
  await exited;
  expect(lines()[0]).toMatchObject({ level: 30, msg: 'request', sessionId: 'session-1', status: 200 });
});

it('leaves no listener for signals behind when it is closed', async () => {
  const before = process.listenerCount('SIGTERM');
  const [first, second] = await Promise.all([startServer(), startServer()]);
  expect(process.listenerCount('SIGTERM')).toBe(before + 1);
  await first.close();
  expect(process.listenerCount('SIGTERM')).toBe(before + 1);
  await second.close();
  expect(process.listenerCount('SIGTERM')).toBe(before);
});
