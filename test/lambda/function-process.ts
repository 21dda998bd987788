import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { readHead } from './function-url.js';
import { RuntimeApi } from './runtime-api.js';

/** A function in a process of its own, as Lambda runs it. */
export interface FunctionProcess {
  readonly api: RuntimeApi;
  /** Calls the function, and gives its whole answer. */
  call(event: unknown): Promise<{ statusCode: number; body: string }>;
  freeze(): void;
  thaw(): void;
  /** As Lambda ends a process, without a word. */
  kill(): Promise<void>;
  /** What it has printed. */
  output(): string;
}

/** Starts Node with these arguments, which make it the runtime of a function. */
export async function startFunctionProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<FunctionProcess> {
  const api = await RuntimeApi.start();
  const { PATH = '', HOME = '' } = process.env;
  const AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const child = spawn(process.execPath, args, {
    env: {
      PATH,
      HOME,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED,
      AWS_LAMBDA_RUNTIME_API: api.address,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const closed = once(child, 'close');
  const kill = async () => {
    child.kill('SIGKILL');
    await closed;
  };
  onTestFinished(async () => {
    await kill();
    api.close();
  });
  const ended = closed.then(() => {
    throw new Error(`The process of the function has ended: ${api.initErrors} ${output}`);
  });
  ended.catch(() => {});
  await Promise.race([api.idle(), ended]);
  return {
    api,
    kill,
    output: () => output,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    call: async (event) => {
      const { head, rest } = await readHead(await Promise.race([api.invoke(event), ended]));
      let body = '';
      for await (const chunk of rest) body += chunk;
      return { ...head, body };
    },
  };
}
