import type { Agent } from '../domain/agent.js';
import { Activity } from './activity.js';
import { type AppConfig, type ResolvedConfig, resolveConfig } from './config.js';
import type { Exchange } from './exchange.js';
import { answerError, HttpError } from './http-error.js';
import { Invocation } from './invocation.js';
import { type Logger, silentLogger, withoutFailing } from './logger.js';
import { Redactor } from './redactor.js';
import { SessionRegistry } from './session-registry.js';
import { retireAgent } from './session-state.js';
import { within } from './timing.js';

/** How long the shutdown of an agent may hold up its session, or the end of the process. */
const retireSeconds = 3;

/** The server itself: what its routes do, and what they share. Failures are answers: none of the promises rejects. */
export class AgentServer {
  readonly config: ResolvedConfig<AppConfig>;
  readonly logger: Logger;
  readonly sessions: SessionRegistry;
  readonly #activity = new Activity();
  #isReady: boolean;

  constructor(config: AppConfig) {
    this.config = resolveConfig(config);
    this.logger = withoutFailing(config.logger ?? silentLogger);
    const { maxSessions, idleSeconds } = this.config;
    this.sessions = new SessionRegistry({
      activity: this.#activity,
      maxSessions,
      idleSeconds,
      retire: (agent) => this.#retire(agent),
    });
    this.#isReady = config.ready === undefined;
    void this.#becomeReady();
  }

  /** Answers any request. */
  handle(exchange: Exchange): Promise<void> {
    const { method, path } = exchange;
    const isGet = method === 'GET' || method === 'HEAD';
    if (path === '/invocations' && (isGet || method === 'POST')) return this.invoke(exchange);
    return path === '/ping' && isGet ? this.ping(exchange) : this.miss(exchange);
  }

  readonly invoke = (exchange: Exchange): Promise<void> => new Invocation(this, exchange).answer();

  readonly ping = async (exchange: Exchange): Promise<void> => {
    if (this.#isReady) exchange.answer(200, 'application/json', JSON.stringify(this.#activity.health()));
    else answerError(exchange, new HttpError('NOT_READY', 'The server is not ready yet.'));
  };

  readonly miss = async (exchange: Exchange): Promise<void> => {
    const { method, path } = exchange;
    const failure = new HttpError('NOT_FOUND', 'There is no such route.');
    this.logger.warn({ method, path, status: failure.status, code: failure.code }, 'request');
    answerError(exchange, failure);
  };

  /** Reports work that goes on beyond a turn: until it settles, the server is busy. */
  trackTask(task: Promise<unknown>): void {
    this.#activity.begin(task);
    task
      .catch((error) => this.#logFailure('A tracked task failed.', error))
      .finally(() => this.#activity.end(task));
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
