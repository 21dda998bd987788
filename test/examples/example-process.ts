import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

type Environment = Readonly<Record<string, string>>;

/** A program of the examples that serves, in an environment of its own. */
export interface ExampleServer {
  readonly url: string;
  /** Sends SIGTERM, and gives the exit code. */
  stop(): Promise<number | null>;
  /** As `kill -9` does. */
  kill(): Promise<void>;
}

/** Starts a program in TypeScript, and waits until it says where it listens. */
export function startExample(file: string, env: Environment): Promise<ExampleServer> {
  return startProgram(['--import', 'tsx', file], env);
}

/** Starts Node, this one or another, with these arguments, and waits until the program says where it listens. */
export async function startProgram(
  args: readonly string[],
  env: Environment,
  cwd = process.cwd(),
  node = process.execPath,
): Promise<ExampleServer> {
  const child = spawn(node, args, {
    env: withPath(env),
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close').then(([code]) => code);
  for await (const line of createInterface(child.stdout)) {
    const [, url, port] = line.match(/^Listening on (?:(http\S+)|port (\d+))(?: \(process \d+\))?$/) ?? [];
    if (url !== undefined || port !== undefined)
      return {
        url: url ?? `http://localhost:${port}`,
        stop: () => end(child, closed, 'SIGTERM'),
        kill: async () => void (await end(child, closed, 'SIGKILL')),
      };
  }
  throw new Error(`${args.join(' ')} ended with ${await closed} before it listened.`);
}

/** Runs a program to its end, and gives what it prints. */
export async function runExample(command: string, args: string[], env: Environment): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { env: withPath(env) });
  return stdout;
}

function end(
  child: ChildProcess,
  closed: Promise<number | null>,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<number | null> {
  child.stdout?.resume();
  child.kill(signal);
  return closed;
}

function withPath(env: Environment): Environment {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...env };
}
