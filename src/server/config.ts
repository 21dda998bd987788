import type { Agent } from '../domain/agent.js';
import type { AgentStore } from '../domain/agent-store.js';
import { invalidOption, type OptionNames, requireKnownOptions } from '../domain/options.js';
import type { Telemetry } from '../domain/telemetry.js';
import type { TurnStore } from '../domain/turn-store.js';
import type { Middleware } from './http/middleware.js';
import type { Logger } from './logger.js';
import type { AgentContext } from './request-context.js';

/**
 * The part of a store that the server uses: it only reads, and hands each agent a holder.
 *
 * @example
 * const reader: StateReader = { load: async () => null };
 * const app = createApp({ agent: async (contextId) => new MyAgent(contextId), agentStore: reader });
 */
export interface StateReader
  extends Pick<AgentStore, 'load'>,
    Partial<Pick<AgentStore, 'peek' | 'holder' | 'close'>> {}

/**
 * What `createApp` takes. Only `agent` is required. `AuthContext` is what `decodeAuthorization` resolves to.
 *
 * @example
 * const config: AppConfig = { agent: async (contextId) => new MyAgent(contextId), maxSessions: 100 };
 * const app = createApp(config);
 */
export interface AppConfig<AuthContext = unknown> {
  /** Makes the agent of a session: once, and again after a failure. */
  agent(contextId: string, context: AgentContext): Agent | Promise<Agent>;
  /** The store in which the agents keep their states. With it, a session can be looked at and resumed in any process. */
  readonly agentStore?: StateReader;
  /**
   * Where turns are kept that outlive their process: with one that several processes share, each session has one turn at a time in
   * all of them, and each of them tells of every turn. @defaultValue this process alone knows of its turns
   */
  readonly turnStore?: TurnStore;
  /** Hears of requests and turns, such as `openTelemetry()` of `@looopy-ai/aws/tracing`. @defaultValue nobody does */
  readonly telemetry?: Telemetry;
  /** A pino logger, or one like it. @defaultValue none for `createApp`, pino to stdout for `serve` */
  readonly logger?: Logger;
  /** Turns the `Authorization` header into what the agent gets as `authContext`. With it, the header is required. */
  decodeAuthorization?(header: string): Promise<AuthContext | null | undefined>;
  /** Whether this caller may use this session. @defaultValue everybody may */
  authorize?(authContext: AuthContext, contextId: string): boolean | Promise<boolean>;
  /**
   * Names the caller. A session belongs to whoever has its first turn, and everybody else is refused; so is a caller without a
   * name. @defaultValue sessions belong to nobody
   */
  ownerOf?(authContext: AuthContext): string | Promise<string>;
  /** Until this resolves, pings are answered 503. @defaultValue ready at once */
  ready?(): Promise<unknown>;
  /**
   * Loads what is slow to load, at one `POST` to `warmupPath`: AgentCore Runtime sends it once, before it takes the snapshot that all
   * processes of a version are restored from. Until it has ended, pings are answered 503; if it fails, for ever.
   */
  warmup?(): unknown;
  /** @defaultValue `'/warmup'` */
  readonly warmupPath?: string;
  /** `'events'` answers a failed `POST` as 200 with one `error` event. @defaultValue `'status'` */
  readonly errors?: 'status' | 'events';
  /** How many idle sessions may keep their agents. @defaultValue 1,000 */
  readonly maxSessions?: number;
  /** How long an idle session keeps its agent. @defaultValue 900 */
  readonly idleSeconds?: number;
  /** How long a turn may take. @defaultValue no limit */
  readonly turnTimeoutSeconds?: number;
  /** How many turns a session may have. @defaultValue no limit */
  readonly maxTurnsPerSession?: number;
  /** How many tokens a session may use, by the `llm-usage` events of its agents. @defaultValue no limit */
  readonly maxTokensPerSession?: number;
  /**
   * What happens to a turn whose caller leaves, or does not read: with `'detach'` it goes on, and whoever attaches hears it; with
   * `'cancel'` it is stopped. @defaultValue `'detach'`
   */
  readonly onDisconnect?: 'detach' | 'cancel';
  /** How long a stream may be silent: a keep-alive is sent then, or up to 5 % sooner. @defaultValue 15 */
  readonly keepAliveSeconds?: number;
  /** The largest request body. @defaultValue 8,000,000 */
  readonly maxBodyBytes?: number;
  /** How many bytes may wait for callers that read slowly, all together. The slowest are given up. @defaultValue 256,000,000 */
  readonly maxWaitingBytes?: number;
  /** How many events of a turn are kept for those that come back. The oldest are dropped. @defaultValue 10,000 */
  readonly maxReplayEvents?: number;
  /** How many bytes of events of a turn are kept, as JSON text. @defaultValue 8,000,000 */
  readonly maxReplayBytes?: number;
  /** How many events are kept of all sessions together. Turns that have ended are forgotten first. @defaultValue 1,000,000 */
  readonly maxTotalReplayEvents?: number;
  /** How many bytes of events are kept of all sessions together, as JSON text. @defaultValue 128,000,000 */
  readonly maxTotalReplayBytes?: number;
  /** How long the last turn of a session can be heard after its end. @defaultValue 60 */
  readonly replaySeconds?: number;
  /** How long a request with an idempotency key can be repeated, without a `turnStore`, which has its own. @defaultValue 86,400 */
  readonly idempotencySeconds?: number;
  /** Whether a session id must have 33 to 256 characters, as the platform requires. @defaultValue `false` */
  readonly strictSessionIds?: boolean;
}

/**
 * What `createServer` takes. Only `agent` is required.
 *
 * @example
 * const config: ServerConfig = {
 *   agent: async (contextId) => new MyAgent(contextId),
 *   middleware: [(request, response, next) => next()],
 * };
 * const { http } = createServer(config);
 */
export interface ServerConfig<AuthContext = unknown> extends AppConfig<AuthContext> {
  /** What stands in front of the server, called in order for every request. @defaultValue none */
  readonly middleware?: readonly Middleware[];
  /** How long running turns may go on once the server is asked to stop. @defaultValue 10 */
  readonly shutdownGraceSeconds?: number;
}

/**
 * What `serve` takes. Only `agent` is required.
 *
 * @example
 * const config: ServeConfig = { agent: async (contextId) => new MyAgent(contextId), port: 3000 };
 * await serve(config);
 */
export interface ServeConfig<AuthContext = unknown> extends ServerConfig<AuthContext> {
  /**
   * Whether an error that nothing catches ends the process in good order: logged, with every stream ended and idle agents
   * saved. Not if somebody else listens for `uncaughtException` or `unhandledRejection`. @defaultValue `true`
   */
  readonly handleCrashes?: boolean;
  /** 0 picks a free one. @defaultValue 8080 */
  readonly port?: number;
  /** @defaultValue `'0.0.0.0'` */
  readonly hostname?: string;
}

const defaults = {
  errors: 'status',
  maxSessions: 1_000,
  idleSeconds: 900,
  turnTimeoutSeconds: Number.POSITIVE_INFINITY,
  onDisconnect: 'detach',
  keepAliveSeconds: 15,
  maxBodyBytes: 8_000_000,
  maxWaitingBytes: 256_000_000,
  maxReplayEvents: 10_000,
  maxReplayBytes: 8_000_000,
  maxTotalReplayEvents: 1_000_000,
  maxTotalReplayBytes: 128_000_000,
  replaySeconds: 60,
  idempotencySeconds: 86_400,
  maxTurnsPerSession: Number.POSITIVE_INFINITY,
  maxTokensPerSession: Number.POSITIVE_INFINITY,
  strictSessionIds: false,
  warmupPath: '/warmup',
  port: 8080,
  hostname: '0.0.0.0',
  middleware: [],
  handleCrashes: true,
  shutdownGraceSeconds: 10,
} as const satisfies Partial<ServeConfig>;

/** The options that are numbers, and whether they may be 0. */
const numbers = {
  maxSessions: false,
  idleSeconds: true,
  turnTimeoutSeconds: false,
  keepAliveSeconds: false,
  maxBodyBytes: false,
  maxWaitingBytes: false,
  maxReplayEvents: true,
  maxReplayBytes: true,
  maxTotalReplayEvents: true,
  maxTotalReplayBytes: true,
  replaySeconds: true,
  idempotencySeconds: false,
  maxTurnsPerSession: false,
  maxTokensPerSession: false,
  port: true,
  shutdownGraceSeconds: true,
} as const satisfies Partial<Record<keyof ServeConfig, boolean>>;

export type ResolvedConfig<Config extends AppConfig> = Config &
  Required<Pick<ServeConfig, keyof typeof defaults>>;

/** The names of all options: what one way to start a server has no use for, another one has. */
export const optionNames: OptionNames<ServeConfig> = {
  agent: true,
  agentStore: true,
  turnStore: true,
  telemetry: true,
  ownerOf: true,
  logger: true,
  decodeAuthorization: true,
  authorize: true,
  ready: true,
  warmup: true,
  warmupPath: true,
  errors: true,
  maxSessions: true,
  idleSeconds: true,
  turnTimeoutSeconds: true,
  onDisconnect: true,
  keepAliveSeconds: true,
  maxBodyBytes: true,
  maxWaitingBytes: true,
  maxReplayEvents: true,
  maxReplayBytes: true,
  maxTotalReplayEvents: true,
  maxTotalReplayBytes: true,
  replaySeconds: true,
  idempotencySeconds: true,
  maxTurnsPerSession: true,
  maxTokensPerSession: true,
  strictSessionIds: true,
  middleware: true,
  shutdownGraceSeconds: true,
  port: true,
  hostname: true,
  handleCrashes: true,
};

/** Fills in the defaults. @throws AgentStoreError `CONFIGURATION`, naming the option, for one that cannot work or is not known. */
export function resolveConfig<Config extends AppConfig>(config: Config): ResolvedConfig<Config> {
  requireKnownOptions<ServeConfig>(config, optionNames);
  if (typeof config.agent !== 'function') throw invalidOption('agent', 'must be a function');
  if (config.ownerOf !== undefined && typeof config.ownerOf !== 'function')
    throw invalidOption('ownerOf', 'must be a function');
  if (config.turnStore !== undefined && typeof config.turnStore?.begin !== 'function')
    throw invalidOption('turnStore', 'must be a turn store');
  if (config.telemetry !== undefined && typeof config.telemetry?.request !== 'function')
    throw invalidOption('telemetry', 'must be what openTelemetry() returns, or have the same methods');
  if (config.warmup !== undefined && typeof config.warmup !== 'function')
    throw invalidOption('warmup', 'must be a function');
  const given = Object.entries(config).filter(([, value]) => value !== undefined);
  const resolved = { ...config, ...defaults, ...Object.fromEntries(given) };
  for (const [name, mayBeZero] of Object.entries(numbers)) {
    const value: unknown = Reflect.get(resolved, name);
    if (typeof value === 'number' && (value > 0 || (mayBeZero && value === 0))) continue;
    throw invalidOption(name, `must be a number ${mayBeZero ? 'of at least' : 'above'} 0`);
  }
  if (resolved.onDisconnect !== 'detach' && resolved.onDisconnect !== 'cancel') {
    throw invalidOption('onDisconnect', "must be 'detach' or 'cancel'");
  }
  if (!/^\/[\w/-]+$/.test(resolved.warmupPath) || ['/invocations', '/ping'].includes(resolved.warmupPath)) {
    throw invalidOption('warmupPath', 'must be a path of letters, digits, - and / that is not taken');
  }
  if (!resolved.middleware.every((each) => typeof each === 'function')) {
    throw invalidOption('middleware', 'must be a list of functions');
  }
  return resolved;
}
