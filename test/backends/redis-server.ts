import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedisProgram } from './redis-program.js';

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A server of the calling test file's own, that takes whatever the test does to it. */
export class RedisServer {
  readonly port: number;
  readonly #program: string;
  readonly #folder: string;
  readonly #options: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(program: string, port: number, folder: string, options: readonly string[]) {
    this.#program = program;
    this.port = port;
    this.#folder = folder;
    this.#options = options;
  }

  /** A server that is there but not running, as it is before it is started and after it is killed. */
  static async create(...options: string[]): Promise<RedisServer> {
    const program = await findRedisProgram();
    const folder = await mkdtemp(join(tmpdir(), 'redis-server-'));
    return new RedisServer(program, await findFreePort(), folder, options);
  }

  static async start(...options: string[]): Promise<RedisServer> {
    const server = await RedisServer.create(...options);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, with what it had saved before, and waits until it says that it is ready, or what is asked for. */
  async start(awaited = /Ready to accept connections/): Promise<void> {
    const options = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder];
    const child = spawn(this.#program, [...options, '--save', '', ...this.#options], { stdio: 'pipe' });
    this.#process = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    await saying(child, awaited);
  }

  /** Stops it from answering; its connections stay. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || !running.has(child)) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Ends it, and removes what it has saved. */
  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Waits until a server has said something, and fails with all that it said where it ends before. */
async function saying(child: ChildProcess, awaited: RegExp): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      said += chunk;
      if (awaited.test(said)) resolve();
    });
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`The server ended: ${said}`)));
  });
}

const firstPort = 10_000;
const ports = 10_000;
const busDistance = 10_000;

/** A port that nobody uses, below those that connections get, like the one that a node of a Cluster takes besides. */
async function findFreePort(): Promise<number> {
  const port = firstPort + Math.floor(Math.random() * ports);
  const [free, busFree] = await Promise.all([isFree(port), isFree(port + busDistance)]);
  return free && busFree ? port : findFreePort();
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const bound = new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  const isBound = await bound;
  if (isBound) await new Promise((resolve) => server.close(resolve));
  return isBound;
}
