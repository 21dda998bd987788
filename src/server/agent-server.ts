import { Hono } from 'hono';
import type { Agent } from '../domain/agent.js';
import { Activity } from './activity.js';
import { type AppConfig, type ResolvedConfig, resolveConfig } from './config.js';
import { answerError, HttpError } from './http-error.js';
import { Invocation } from './invocation.js';
import { type Logger, silentLogger } from './logger.js';
import { Redactor } from './redactor.js';
import type { CreateWriter } from './response-writer.js';
import { SessionRegistry } from './session-registry.js';
import { retireAgent } from './session-state.js';
import { within } from './timing.js';

/** How long the shutdown of an agent may hold up its session, or the end of the process. */
const retireSeconds = 3;

/** The server itself: the routes, and what they share. */
export class AgentServer {
  readonly app = new Hono();
  readonly config: ResolvedConfig<AppConfig>;
  readonly logger: Logger;
  readonly sessions: SessionRegistry;
  readonly createWriter: CreateWriter;
  readonly #activity = new Activity();
  #isReady: boolean;

  constructor(config: AppConfig, createWriter: CreateWriter) {
    this.config = resolveConfig(config);
    this.logger = config.logger ?? silentLogger;
    this.createWriter = createWriter;
    const { maxSessions, idleSeconds } = this.config;
    this.sessions = new SessionRegistry({
      activity: this.#activity,
      maxSessions,
      idleSeconds,
      retire: (agent) => this.#retire(agent),
    });
    this.#isReady = config.ready === undefined;
    this.#route();
    void this.#becomeReady();
  }

  /** Reports work that goes on beyond a turn: until it settles, the server is busy. */
  trackTask(task: Promise<unknown>): void {
    this.#activity.begin(task);
    task
      .catch((error) => this.#logFailure('A tracked task failed.', error))
      .finally(() => this.#activity.end(task));
  }

  #route(): void {
    this.app.get('/ping', (c) =>
      this.#isReady
        ? c.json(this.#activity.health())
        : answerError(new HttpError('NOT_READY', 'The server is not ready yet.')),
    );
    this.app.on(['GET', 'POST'], '/invocations', (c) => new Invocation(this, c).answer());
    this.app.notFound(({ req: { method, path } }) => {
      const failure = new HttpError('NOT_FOUND', 'There is no such route.');
      this.logger.warn({ method, path, status: failure.status, code: failure.code }, 'request');
      return answerError(failure);
    });
  }

  async #retire(agent: Agent): Promise<void> {
    try {
      const isDone = await within(retireSeconds, retireAgent(agent, this.config.agentStore));
      if (!isDone) throw new Error(`It took longer than ${retireSeconds} seconds.`);
    } catch (error) {
      this.#logFailure(
        'An agent that is not needed any more could not be shut down.',
        error,
        agent.contextId,
      );
    }
  }

  async #becomeReady(): Promise<void> {
    try {
      await this.config.ready?.();
      this.#isReady = true;
    } catch (error) {
      this.#logFailure('The server does not become ready.', error);
    }
  }

  #logFailure(message: string, error: unknown, sessionId?: string): void {
    this.logger.error({ sessionId, error: new Redactor().describe(error) }, message);
  }
}
