/** A server in a process of its own, which tells its parent what happens: see shutdown.test.ts. */
import { pino } from 'pino';
import { NEVER, Subject } from 'rxjs';
import type { AgentEvent } from '../../src/domain/agent.js';
import { getRequestContext, serve } from '../../src/index.js';
import { echo, event, events, FakeAgent } from './fake-agent.js';

/** How the child is to run. */
export interface ChildOptions {
  readonly graceSeconds: number;
  readonly logFile?: string;
  readonly middleware?: boolean;
  readonly handleCrashes?: boolean;
  /** Another part of the program that listens for this event. */
  readonly listensFor?: 'uncaughtException' | 'unhandledRejection';
}

const options: ChildOptions = JSON.parse(process.argv[2] ?? '{}');
const { graceSeconds, logFile, middleware, handleCrashes, listensFor } = options;
const tell = (message: object) => process.send?.(message);

const finished = new Subject<void>();
process.on('message', () => finished.next());

const { port } = await serve({
  agent: async (contextId) => {
    const agent = new FakeAgent(contextId, (turn) => {
      if (turn.message === 'endless') return NEVER;
      if (turn.message === 'forget a promise') {
        void Promise.reject(new Error(`The tool failed for ${getRequestContext()?.headers.authorization}.`));
        return NEVER;
      }
      if (turn.message === 'throw on finish') {
        finished.subscribe(() => void Promise.reject(new Error('The tool failed.')));
        return NEVER;
      }
      if (turn.message === 'throw later') {
        setTimeout(() => {
          throw new Error('The tool failed.');
        });
        return NEVER;
      }
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
  ...(middleware && {
    middleware: [
      (request, response, next) => {
        if (request.url === '/login') response.end('Who are you?');
        else setImmediate(next);
      },
    ],
  }),
  port: 0,
  hostname: '127.0.0.1',
  shutdownGraceSeconds: graceSeconds,
  ...(handleCrashes !== undefined && { handleCrashes }),
  // Without a file, the default logger.
  ...(logFile && { logger: pino(pino.destination({ dest: logFile, sync: false, minLength: 16_000 })) }),
});
if (listensFor !== undefined) process.on(listensFor, (error) => tell({ heard: String(error) }));
tell({ port });
