import { createServer } from 'node:http';
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { serve as serveHono } from '@hono/node-server';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { from } from 'rxjs';
import { serve, type Telemetry } from '../../dist/index.js';
import { createPlainState } from '../states.js';

// One of the servers to compare, named by the first argument, on the port of the second. Each turn has the same 20 events.
const [name, portText] = process.argv.slice(2);
const port = Number(portText);
const events = Array.from({ length: 20 }, (_, index) => ({
  kind: index === 19 ? 'task-complete' : 'content-delta',
  contextId: 'session',
  taskId: 'task-1',
  delta: `part ${index} of an answer that says something `,
}));

const servers: Readonly<Record<string, () => unknown>> = {
  ours: () => serveOurs(),
  'with openTelemetry()': async () =>
    serveOurs((await import('../../dist/adapters/tracing/index.js')).openTelemetry()),
  'with a provider': async () => {
    const sdk = await import('@opentelemetry/sdk-trace-node');
    new sdk.NodeTracerProvider({ spanProcessors: [new sdk.NoopSpanProcessor()] }).register();
    return servers['with openTelemetry()']?.();
  },
  'bedrock-agentcore': () =>
    new BedrockAgentCoreApp({
      invocationHandler: {
        process: async function* () {
          for (const event of events) yield { event: event.kind, data: event };
        },
      },
      config: { logging: { enabled: false } },
    }).run({ port, host: '127.0.0.1' }),
  'node:http': () =>
    createServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const event of events)
          response.write(`event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
        response.end();
      });
    }).listen(port, '127.0.0.1'),
  Hono: () => {
    const app = new Hono();
    app.post('/invocations', async (c) => {
      await c.req.json();
      return streamSSE(c, async (stream) => {
        for (const event of events) await stream.writeSSE({ event: event.kind, data: JSON.stringify(event) });
      });
    });
    return serveHono({ fetch: app.fetch, port, hostname: '127.0.0.1' });
  },
};

function serveOurs(telemetry?: Telemetry) {
  const agent = async (contextId: string) => ({
    agentId: 'bench',
    contextId,
    state: createPlainState(300),
    startTurn: async () => from(events),
    shutdown: async () => undefined,
  });
  const quiet = () => undefined;
  const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  return serve({ port, agent, logger, maxSessions: 5_000, telemetry });
}

await servers[name ?? '']?.();
setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
process.on('message', (asked) => {
  if (asked === 'old space') {
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space');
    process.send?.(space?.space_used_size);
    return;
  }
  collectGarbage();
  process.send?.(getHeapStatistics().used_heap_size);
});
process.on('disconnect', () => process.exit());
