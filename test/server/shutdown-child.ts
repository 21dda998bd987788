/** A server in a process of its own, which tells its parent what happens: see shutdown.test.ts. */
import { pino } from 'pino';
import { NEVER, Subject } from 'rxjs';
import type { AgentEvent } from '../../src/domain/agent.js';
import { serve } from '../../src/index.js';
import { echo, event, events, FakeAgent } from './fake-agent.js';

const [logFile, graceSeconds, hasMiddleware] = process.argv.slice(2);
const tell = (message: object) => process.send?.(message);

const finished = new Subject<void>();
process.on('message', () => finished.next());

const { port } = await serve({
  agent: async (contextId) => {
    const agent = new FakeAgent(contextId, (turn) => {
      if (turn.message === 'endless') return NEVER;
      if (turn.message !== 'wait') return echo(turn);
      const subject = new Subject<AgentEvent>();
      finished.subscribe(() => events(turn.agent, [event('task-complete')]).subscribe(subject));
      return subject;
    });
    return Object.assign(agent, {
      shutdown: async () => {
        // Kept in memory for a while, as a store under load would.
        await new Promise(setImmediate);
        tell({ shutdown: contextId });
      },
    });
  },
  agentStore: {
    load: async () => null,
    close: async () => {
      await new Promise(setImmediate);
      tell({ closed: 'store' });
    },
  },
  // As a login does, it answers some requests by itself, and takes its time.
  ...(hasMiddleware && {
    middleware: [
      (request, response, next) => {
        if (request.url === '/login') response.end('Who are you?');
        else setImmediate(next);
      },
    ],
  }),
  port: 0,
  hostname: '127.0.0.1',
  shutdownGraceSeconds: Number(graceSeconds),
  // Without a file, the default logger.
  ...(logFile && { logger: pino(pino.destination({ dest: logFile, sync: false, minLength: 16_000 })) }),
});
tell({ port });
