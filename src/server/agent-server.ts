import type { Agent } from '../domain/agent.js';
import { type AppConfig, resolveConfig } from './config.js';
import { answerError, HttpError, toHttpError } from './failures/http-error.js';
import { Redactor } from './failures/redactor.js';
import { type Exchange, jsonHeaders } from './http/exchange.js';
import { WaitingBudget } from './http/waiting-budget.js';
import { Invocation } from './invocation/invocation.js';
import { type Logger, silentLogger, withoutFailing } from './logger.js';
import { within } from './process/timing.js';
import { WarmUp } from './process/warm-up.js';
import type { TrackTask } from './request-context.js';
import type { ServerContext } from './server-context.js';
import { Activity } from './sessions/activity.js';
import { LocalOwners } from './sessions/local-owners.js';
import { LocalUsage } from './sessions/local-usage.js';
import { SessionRegistry } from './sessions/session-registry.js';
import { retireAgent } from './sessions/session-state.js';
import { SafeTelemetry } from './telemetry/safe-telemetry.js';
import { KeepAlives } from './turn/keep-alives.js';
import { TurnArchive } from './turn/turn-archive.js';

/** How long the shutdown of an agent may hold up its session, or the end of the process. */
const retireSeconds = 3;

type Handler = (exchange: Exchange) => Promise<void>;

interface Route {
  readonly path: string;
  /** `GET` stands for `HEAD` too. */
  readonly methods: readonly string[];
  readonly handle: Handler;
}

/** The server itself, however requests reach it. Failures are answers: no handler rejects. */
export class AgentServer implements ServerContext {
  readonly config: ServerContext['config'];
  readonly logger: Required<Logger>;
  readonly sessions: SessionRegistry;
  readonly turns: TurnArchive;
  readonly budget: WaitingBudget;
  readonly keepAlives: KeepAlives;
  readonly owners: ServerContext['owners'];
  readonly usage = new LocalUsage();
  readonly telemetry: SafeTelemetry | undefined;
  readonly #endWatch: (() => void) | undefined;
  readonly #activity = new Activity();
  readonly #warmUp: WarmUp | undefined;
  #isReady: boolean;

  readonly routes: readonly Route[];

  constructor(config: AppConfig) {
    this.config = resolveConfig(config);
    this.logger = withoutFailing(config.logger ?? silentLogger);
    const { maxSessions, idleSeconds, maxWaitingBytes, keepAliveSeconds } = this.config;
    this.turns = new TurnArchive(this.config);
    this.owners = this.config.turnStore ?? new LocalOwners();
    this.budget = new WaitingBudget(maxWaitingBytes);
    this.keepAlives = new KeepAlives(keepAliveSeconds);
    this.sessions = new SessionRegistry({
      activity: this.#activity,
      maxSessions,
      idleSeconds,
      retire: (agent) => this.#retireOutside(agent),
    });
    this.telemetry = config.telemetry && new SafeTelemetry(config.telemetry, this.logger);
    this.#endWatch = this.telemetry?.watch({
      runningTurns: () => this.sessions.runningTurns,
      waitingBytes: () => this.budget.total,
    });
    const { warmup, warmupPath } = this.config;
    this.#warmUp = warmup && new WarmUp(() => warmup.call(config));
    this.routes = [
      { path: '/invocations', methods: ['GET', 'POST'], handle: (exchange) => this.#invoke(exchange) },
      { path: '/ping', methods: ['GET'], handle: async (exchange) => this.#ping(exchange) },
      ...(this.#warmUp === undefined
        ? []
        : [{ path: warmupPath, methods: ['POST'], handle: (exchange: Exchange) => this.#warm(exchange) }]),
    ];
    this.#isReady = config.ready === undefined;
    void this.#becomeReady();
  }

  /** Answers any request. */
  handle(exchange: Exchange): Promise<void> {
    const { path, method } = exchange;
    const asked = method === 'HEAD' ? 'GET' : method;
    const route = this.routes.find((known) => known.path === path && known.methods.includes(asked));
    return route === undefined ? this.miss(exchange) : route.handle(exchange);
  }

  /** Answers a request that no route is for. */
  readonly miss: Handler = async (exchange) => {
    const { method, path } = exchange;
    const failure = new HttpError('NOT_FOUND', 'There is no such route.');
    this.logger.warn({ method, path, status: failure.status, code: failure.code }, 'request');
    answerError(exchange, failure);
  };

  /** Reports work that goes on beyond a turn: until it settles, the server is busy. */
  readonly trackTask: TrackTask = (task, redactor) => void this.#follow(task, redactor);

  get isBusy(): boolean {
    return this.#activity.isBusy;
  }

  /** Resolves once no turn runs, and what was tracked has settled. */
  idle(): Promise<void> {
    return this.#activity.idle();
  }

  /** Whatever it is given is awaited, so that it ends: JavaScript may give anything. */
  async #follow(task: PromiseLike<unknown>, redactor = new Redactor()): Promise<void> {
    this.#activity.begin();
    try {
      await task;
    } catch (error) {
      this.logger.error({ error: redactor.describe(error) }, 'A tracked task failed.');
    } finally {
      this.#activity.end();
    }
  }

  #invoke(exchange: Exchange): Promise<void> {
    this.#activity.note();
    return new Invocation(this, exchange).answer();
  }

  async #warm(exchange: Exchange): Promise<void> {
    const { method, path } = exchange;
    const startedAt = performance.now();
    try {
      await this.#warmUp?.run();
      // What is held back now would be sent by every copy.
      await this.telemetry?.flush();
      const durationMs = Math.round(performance.now() - startedAt);
      this.logger.info({ method, path, status: 200, durationMs }, 'request');
      exchange.answer(200, jsonHeaders, '{"status":"warm"}');
    } catch (error) {
      const failure = toHttpError(error);
      const { status, code } = failure;
      this.logger.error({ method, path, status, code, error: new Redactor().describe(failure) }, 'request');
      answerError(exchange, failure);
    }
  }

  #ping(exchange: Exchange): void {
    if (this.#isReady && this.#warmUp?.isReady !== false)
      exchange.answer(200, jsonHeaders, JSON.stringify(this.#activity.health()));
    else answerError(exchange, new HttpError('NOT_READY', 'The server is not ready yet.'));
  }

  /** What telemetry still has is sent. From now on it is told nothing. */
  async endTelemetry(): Promise<void> {
    await this.telemetry?.flush();
    this.#endWatch?.();
  }

  /** The request whose end has caused it is over, and may be long since. */
  #retireOutside(agent: Agent): Promise<void> {
    const { telemetry } = this;
    if (telemetry === undefined) return this.#retire(agent);
    return telemetry.runAlone(() => this.#retire(agent));
  }

  async #retire(agent: Agent): Promise<void> {
    try {
      const isDone = await within(retireSeconds, retireAgent(agent, this.config.agentStore));
      if (!isDone) throw new Error(`It took longer than ${retireSeconds} seconds.`);
    } catch (error) {
      this.#logFailure('An agent that is no longer needed could not be shut down.', error, agent.contextId);
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
