import { constants } from 'node:os';
import { Redactor } from '../failures/redactor.js';
import type { Logger } from '../logger.js';
import { currentScope } from '../request-context.js';
import { within } from './timing.js';

/** A server that must end before its process does. */
export interface Endable {
  /** Lets running turns end before it closes. */
  close(): Promise<void>;
  /** Ends running turns with an error, and closes. */
  crash(): Promise<void>;
  isBusy(): boolean;
  readonly shutdownGraceSeconds: number;
  readonly handleCrashes: boolean;
  /** What is closed behind it. */
  readonly stores: readonly { close?(): Promise<void> }[];
  readonly logger: Required<Logger>;
}

const signals = ['SIGTERM', 'SIGINT'] as const;
const crashEvents = ['uncaughtException', 'unhandledRejection'] as const;
const storeSeconds = 3;
const flushSeconds = 1;
const lastWritesMs = 200;
/** A process that has crashed may be unable to end in good order. */
const crashMs = 10_000;
/** The servers of this process: it ends when all of them have stopped. */
const running = new Set<Endable>();
let isEnding = false;
let hasCrashed = false;

/**
 * Closes the server and then ends the process: when a signal asks for it, and when an error is thrown that nothing catches,
 * unless somebody else listens for such errors. Call what it returns to undo this.
 */
export function endWithProcess(server: Endable): () => void {
  if (running.size === 0) for (const signal of signals) process.on(signal, onSignal);
  running.add(server);
  if (server.handleCrashes) listenForCrashes();
  return () => {
    running.delete(server);
    if (isEnding) return;
    if (running.size === 0) for (const signal of signals) process.off(signal, onSignal);
    if (![...running].some((other) => other.handleCrashes)) ignoreCrashes();
  };
}

async function onSignal(signal: (typeof signals)[number]): Promise<void> {
  // A second signal does not wait.
  if (isEnding) process.exit(128 + constants.signals[signal]);
  isEnding = true;
  const results = await Promise.all([...running].map((server) => end(server, () => server.close())));
  process.exitCode = results.every(Boolean) && !hasCrashed ? 0 : 1;
  // By itself the process would end once its logs are written; but something may keep it alive.
  setTimeout(() => process.exit(), lastWritesMs).unref();
}

function listenForCrashes(): void {
  if (crashEvents.some((name) => process.listenerCount(name) > 0)) return;
  for (const name of crashEvents) process.on(name, onCrash);
  process.on('newListener', giveWay);
}

function ignoreCrashes(): void {
  for (const name of crashEvents) process.off(name, onCrash);
  process.off('newListener', giveWay);
}

/** Whoever listens for the same decides alone what happens. */
function giveWay(name: string | symbol): void {
  if (crashEvents.some((crashEvent) => crashEvent === name)) ignoreCrashes();
}

async function onCrash(thrown: unknown): Promise<void> {
  const isFirst = !hasCrashed;
  hasCrashed = true;
  isEnding = true;
  const scope = currentScope();
  const fields = { sessionId: scope?.sessionId, error: (scope?.redactor ?? new Redactor()).describe(thrown) };
  for (const { logger } of running) logger.error(fields, 'An error that nothing catches ends the process.');
  if (!isFirst) return;
  setTimeout(() => process.exit(1), crashMs).unref();
  await Promise.all([...running].map((server) => end(server, () => server.crash())));
  process.exit(1);
}

async function end(server: Endable, close: () => Promise<void>): Promise<boolean> {
  const { stores, logger, isBusy, shutdownGraceSeconds } = server;
  const waiting = {
    waitSeconds: shutdownGraceSeconds,
    hint: 'Waiting for running turns. A second signal ends the process at once.',
  };
  try {
    logger.info(isBusy() && !hasCrashed ? waiting : {}, 'Stopping.');
    await close();
    // Only now: until then, agents save their states.
    if (!(await within(storeSeconds, Promise.all(stores.map((store) => store.close?.()))))) {
      throw new Error(`The stores did not close within ${storeSeconds} seconds.`);
    }
    logger.info({}, 'Stopped.');
    return true;
  } catch (error) {
    logger.error({ error: new Redactor().describe(error) }, 'The server could not stop in good order.');
    return false;
  } finally {
    await within(flushSeconds, new Promise((resolve) => logger.flush(resolve)));
  }
}
