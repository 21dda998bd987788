import { onTestFinished, vi } from 'vitest';
import { createLambdaHandler, type LambdaConfig } from '../../src/lambda/index.js';
import type { ServeConfig } from '../../src/server/config.js';
import { silentLogger } from '../../src/server/logger.js';
import type { RunningServer } from '../../src/server/serve.js';
import { FakeAgent, type Script } from '../server/fake-agent.js';
import { startWith, type TestServer } from '../server/harness.js';
import { startFunctionUrl } from './function-url.js';
import { awslambda, runFunction } from './runtime.js';
import { RuntimeApi } from './runtime-api.js';

/** How many requests the function may serve at the same time. */
const environments = 16;

/** What a function's process has: `awslambda` is there while a handler is made. */
export function createHandler(config: LambdaConfig) {
  vi.stubGlobal('awslambda', awslambda);
  try {
    return createLambdaHandler(config);
  } finally {
    vi.unstubAllGlobals();
  }
}

/** A function and its runtime in this process, which serves one request at a time. */
export async function startRuntime(config: Partial<LambdaConfig> & { script?: Script } = {}) {
  const { script, ...rest } = config;
  const agent = async (contextId: string) => new FakeAgent(contextId, script);
  const handler = createHandler({ agent, logger: silentLogger, ...rest });
  const api = await RuntimeApi.start();
  const running = runFunction(api.address, handler);
  onTestFinished(() => {
    api.close();
    return running;
  });
  return api;
}

/** A function with a URL, to be called as a server is. */
export function startFunction(config: Partial<LambdaConfig> & { script?: Script } = {}): Promise<TestServer> {
  return startWith(run, config);
}

async function run({ onDisconnect: _, ...config }: ServeConfig): Promise<RunningServer> {
  const handler = createHandler(config);
  const api = await RuntimeApi.start();
  const running = Array.from({ length: environments }, () => runFunction(api.address, handler));
  const { http, port } = await startFunctionUrl(api);
  const close = async () => {
    http.close();
    http.closeAllConnections();
    api.close();
    await Promise.all(running);
  };
  const trackTask = () => {
    throw new Error('A function has no tasks of its own.');
  };
  return { http, port, close, trackTask };
}
