import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadlines } from '../../src/adapters/redis/deadlines.js';

describe('the time that requests have', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('is up for each at its own deadline, and for none that has ended', () => {
    const deadlines = new Deadlines();
    const expired: string[] = [];
    const begin = (name: string, milliseconds: number) =>
      deadlines.begin(milliseconds, () => expired.push(name));
    const early = begin('early', 1_000);
    vi.advanceTimersByTime(400);
    begin('late', 1_000);
    begin('short', 200);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(199);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(['short']);
    deadlines.end(early);
    vi.advanceTimersByTime(799);
    expect(expired).toEqual(['short']);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(['short', 'late']);
    // Those that begin after all others have ended.
    begin('again', 1_000);
    vi.advanceTimersByTime(1_000);
    expect(expired).toEqual(['short', 'late', 'again']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may be longer than any timer', () => {
    const deadlines = new Deadlines();
    let expired = 0;
    deadlines.begin(2 ** 31, () => expired++);
    deadlines.begin(Number.POSITIVE_INFINITY, () => expired++);
    vi.advanceTimersByTime(2 ** 31 - 1);
    expect(expired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(expired).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes one timer, however many requests there are', () => {
    const deadlines = new Deadlines();
    let expired = 0;
    for (let index = 0; index < 100; index++) {
      deadlines.end(deadlines.begin(1_000, () => expired++));
      deadlines.begin(1_000, () => expired++);
    }
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(expired).toBe(100);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may end others, and begin new ones, as it is up', () => {
    const deadlines = new Deadlines();
    const expired: string[] = [];
    const another = deadlines.begin(1_000, () => expired.push('another'));
    deadlines.begin(900, () => {
      expired.push('first');
      deadlines.end(another);
      deadlines.end(other);
      deadlines.begin(500, () => expired.push('next'));
    });
    const other = deadlines.begin(900, () => expired.push('other'));
    vi.advanceTimersByTime(900);
    expect(expired).toEqual(['first']);
    vi.advanceTimersByTime(500);
    expect(expired).toEqual(['first', 'next']);
  });
});

describe('a process with nothing else to do', () => {
  const run = async (script: string) => {
    const file = fileURLToPath(new URL('../../src/adapters/redis/deadlines.ts', import.meta.url));
    const source = `import { Deadlines } from ${JSON.stringify(file)};
      const deadlines = new Deadlines();
      const expire = () => console.log('expired');
      ${script}`;
    // Whoever waits for a deadline of days is stopped.
    const options = { cwd: fileURLToPath(new URL('../../', import.meta.url)), timeout: 60_000 };
    const node = ['--import', 'tsx', '--input-type=module', '--eval', source];
    const { stdout } = await promisify(execFile)(process.execPath, node, options);
    return stdout;
  };

  it('waits for the deadline of a request', async () => {
    expect(await run(`deadlines.end(deadlines.begin(50, expire)); deadlines.begin(50, expire);`)).toBe(
      'expired\n',
    );
  });

  it('waits for it also after others have ended', async () => {
    const script = `deadlines.begin(50, expire); deadlines.end(deadlines.begin(50, expire));`;
    expect(await run(script)).toBe('expired\n');
  });

  it('waits for no request that has been answered, or has failed', async () => {
    const file = fileURLToPath(new URL('../../src/adapters/redis/connection.ts', import.meta.url));
    const script = `const { RedisConnection } = await import(${JSON.stringify(file)});
      const connection = new RedisConnection({ options: { commandTimeout: 1e8 } });
      console.log(await connection.request('key', async () => 'answered'));
      const fail = async () => { throw new Error('refused'); };
      await connection.request('key', fail).catch(({ cause }) => console.log(cause.message));`;
    expect(await run(script)).toBe('answered\nrefused\n');
  });

  it('makes no timer longer than Node has', async () => {
    const script = `process.on('warning', ({ name }) => console.log(name));
      deadlines.begin(2 ** 31, expire);
      setImmediate(() => process.exit());`;
    expect(await run(script)).toBe('');
  });

  it('ends if none is under way', async () => {
    expect(await run(`deadlines.end(deadlines.begin(1e8, expire));`)).toBe('');
  });
});
