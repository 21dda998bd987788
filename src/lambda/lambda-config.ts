import { invalidOption, type OptionNames, requireKnownOptions, requireOption } from '../domain/options.js';
import { type AppConfig, optionNames, type ServeConfig } from '../server/config.js';

/**
 * What `createLambdaHandler` takes. Only `agent` is required.
 *
 * @example
 * const config: LambdaConfig = { agent: (contextId, { agentStore }) => new MyAgent(contextId), agentStore };
 * const handler = createLambdaHandler(config);
 */
export interface LambdaConfig<AuthContext = unknown>
  extends Omit<AppConfig<AuthContext>, 'onDisconnect' | 'warmup' | 'warmupPath'> {
  /** A turn is stopped if nobody takes its answer: what went on would be frozen. Nothing else can be set. @defaultValue `'cancel'` */
  readonly onDisconnect?: 'cancel';
  /**
   * `false` hands over each answer whole: for an HTTP API, a REST API or a function URL that buffers, and at most 6 MB.
   * @defaultValue `true` on Lambda, `false` if Lambda's own stream is not defined
   */
  readonly streaming?: boolean;
  /**
   * How long before the end of the function's time a running turn is stopped, so that it ends with an `error` event and not in the
   * middle: at most a quarter of that time. @defaultValue 5
   */
  readonly reserveSeconds?: number;
}

/** Why an option of other servers has no place here. */
const refused = {
  port: 'cannot be set on Lambda, which calls the handler: nothing listens',
  hostname: 'cannot be set on Lambda, which calls the handler: nothing listens',
  middleware: 'cannot be set on Lambda, where no request of node:http comes in',
  shutdownGraceSeconds: 'cannot be set on Lambda, which ends a process without a word',
  handleCrashes: 'cannot be set on Lambda, which ends a process that has crashed by itself',
  warmup: 'cannot be set on Lambda, which takes no snapshot of a process: load it where the handler is made',
  warmupPath: 'cannot be set on Lambda, which takes no snapshot of a process',
} as const satisfies Partial<Record<keyof ServeConfig, string>>;

const { port, hostname, middleware, shutdownGraceSeconds, handleCrashes, warmup, warmupPath, ...appOptions } =
  optionNames;
const known: OptionNames<LambdaConfig> = { ...appOptions, streaming: true, reserveSeconds: true };

/** What is meant for the handler, and what for the server behind it. @throws AgentStoreError `CONFIGURATION` for what cannot work. */
export function resolveLambdaConfig(config: LambdaConfig) {
  for (const [option, problem] of Object.entries(refused)) {
    if (Reflect.get(Object(config), option) !== undefined) throw invalidOption(option, problem);
  }
  requireKnownOptions<LambdaConfig>(config, known);
  const { streaming, reserveSeconds = 5, onDisconnect = 'cancel', ...app } = config;
  requireOption(
    onDisconnect === 'cancel',
    'onDisconnect',
    "must be 'cancel' on Lambda: what goes on after an answer is frozen",
  );
  requireOption(typeof (streaming ?? true) === 'boolean', 'streaming', 'must be true or false');
  requireOption(
    Number.isFinite(reserveSeconds) && reserveSeconds > 0,
    'reserveSeconds',
    'must be a number above 0',
  );
  return { streaming, reserveSeconds, app: { ...app, onDisconnect } satisfies AppConfig };
}
