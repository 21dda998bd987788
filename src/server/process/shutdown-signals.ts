import { constants } from 'node:os';
import type { StateReader } from '../config.js';
import { Redactor } from '../failures/redactor.js';
import type { Logger } from '../logger.js';
import { within } from './timing.js';

/** What has to be done before the process may end. */
interface Stoppable {
  close(): Promise<void>;
  readonly agentStore?: StateReader;
  readonly logger: Logger;
}

const signals = ['SIGTERM', 'SIGINT'] as const;
const storeSeconds = 3;
const flushSeconds = 1;
const lastWritesMs = 200;
/** The servers of this process: it ends when all of them have stopped. */
const running = new Set<Stoppable>();
let isStopping = false;

/** Closes the server when the process is asked to end, then ends the process. Call what it returns to undo this. */
export function stopOnSignals(server: Stoppable): () => void {
  if (running.size === 0) for (const signal of signals) process.on(signal, onSignal);
  running.add(server);
  return () => {
    running.delete(server);
    if (running.size === 0 && !isStopping) for (const signal of signals) process.off(signal, onSignal);
  };
}

async function onSignal(signal: (typeof signals)[number]): Promise<void> {
  // A second signal does not wait.
  if (isStopping) process.exit(128 + constants.signals[signal]);
  isStopping = true;
  const results = await Promise.all([...running].map(stop));
  process.exitCode = results.every(Boolean) ? 0 : 1;
  // By itself the process would end once its logs are written; but something may keep it alive.
  setTimeout(() => process.exit(), lastWritesMs).unref();
}

async function stop({ close, agentStore, logger }: Stoppable): Promise<boolean> {
  try {
    logger.info({}, 'Stopping.');
    await close();
    // Only now: until then, agents save their states.
    if (!(await within(storeSeconds, Promise.resolve(agentStore?.close?.())))) {
      throw new Error(`The store did not close within ${storeSeconds} seconds.`);
    }
    logger.info({}, 'Stopped.');
    return true;
  } catch (error) {
    logger.error({ error: new Redactor().describe(error) }, 'The server could not stop in good order.');
    return false;
  } finally {
    await within(flushSeconds, new Promise((resolve) => flush(logger, resolve)));
  }
}

function flush(logger: Logger, done: (error?: unknown) => void): void {
  if (logger.flush === undefined) done();
  else logger.flush(done);
}
