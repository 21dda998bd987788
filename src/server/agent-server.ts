import { Hono } from 'hono';
import { Activity } from './activity.js';
import { type AppConfig, type ResolvedConfig, resolveConfig } from './config.js';
import { answerError, HttpError, toHttpError } from './http-error.js';
import { Invocation } from './invocation.js';
import { type Logger, silentLogger } from './logger.js';
import { Redactor } from './redactor.js';
import type { CreateWriter } from './response-writer.js';
import { SessionRegistry } from './session-registry.js';
import { retireAgent } from './session-state.js';

/** The server itself: the routes, and what they share. */
export class AgentServer {
  readonly app = new Hono();
  readonly config: ResolvedConfig<AppConfig>;
  readonly logger: Logger;
  readonly sessions: SessionRegistry;
  readonly createWriter: CreateWriter;
  readonly #activity = new Activity();
  #isReady = false;

  constructor(config: AppConfig, createWriter: CreateWriter) {
    this.config = resolveConfig(config);
    this.logger = config.logger ?? silentLogger;
    this.createWriter = createWriter;
    const { maxSessions, idleSeconds, agentStore } = this.config;
    this.sessions = new SessionRegistry({
      activity: this.#activity,
      maxSessions,
      idleSeconds,
      retire: (agent) =>
        retireAgent(agent, agentStore).catch((error) => {
          const fields = { sessionId: agent.contextId, error: new Redactor().describe(error) };
          this.logger.warn(fields, 'An agent that was not needed any more could not be shut down.');
        }),
    });
    this.#route();
    void this.#becomeReady();
  }

  /** Reports work that goes on beyond a turn: until it settles, the server is busy. */
  trackTask(task: Promise<unknown>): void {
    const work = {};
    this.#activity.begin(work);
    const end = () => this.#activity.end(work);
    task.then(end, end);
  }

  #route(): void {
    this.app.get('/ping', (c) =>
      this.#isReady
        ? c.json(this.#activity.health())
        : answerError(new HttpError('NOT_READY', 'The server is not ready yet.')),
    );
    this.app.on(['GET', 'POST'], '/invocations', (c) => new Invocation(this, c).answer());
    this.app.notFound(() => answerError(new HttpError('NOT_FOUND', 'There is no such route.')));
    this.app.onError((error) => {
      this.logger.error({ error: new Redactor().describe(error) }, 'A request failed.');
      return answerError(toHttpError(error));
    });
  }

  async #becomeReady(): Promise<void> {
    try {
      await this.config.ready?.();
      this.#isReady = true;
    } catch (error) {
      this.logger.error({ error: new Redactor().describe(error) }, 'The server does not become ready.');
    }
  }
}
