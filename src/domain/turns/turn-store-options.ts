import { invalidOption, type OptionNames, requireKnownOptions } from '../options.js';

/**
 * What every turn store takes, whatever keeps its records.
 *
 * @example
 * const options: TurnStoreOptions = { agentId: 'support', leaseSeconds: 30, renewSeconds: 10 };
 * const turnStore = new InMemoryTurnStore(options);
 */
export interface TurnStoreOptions {
  /** Whose sessions these are. */
  readonly agentId: string;
  /** Prepended to the agent id in the partition key. It may be empty. @defaultValue `'agent#'` */
  readonly agentKeyPrefix?: string;
  /** Starts the sort keys of the leases. No prefix may be the start of another one. @defaultValue `'lease#'` */
  readonly leaseKeyPrefix?: string;
  /** Starts the sort keys of what turns have said. @defaultValue `'event#'` */
  readonly eventKeyPrefix?: string;
  /** Starts the sort keys of the idempotency keys. @defaultValue `'request#'` */
  readonly requestKeyPrefix?: string;
  /** Starts the sort keys of the owners. @defaultValue `'owner#'` */
  readonly ownerKeyPrefix?: string;
  /** Starts the sort keys of the further records of an event that is too large for one. @defaultValue `'part#'` */
  readonly partKeyPrefix?: string;
  /** What the agent store beside it has: the two must tell their records apart. @defaultValue `'context#'` */
  readonly contextKeyPrefix?: string;
  /** What the message store beside it has: the two must tell their records apart. @defaultValue `'message#'` */
  readonly messageKeyPrefix?: string;
  /** How long a turn holds its session after the last renewal. It stops itself when two thirds have passed. @defaultValue 15 */
  readonly leaseSeconds?: number;
  /** How often a lease is renewed: at most every third of `leaseSeconds`. @defaultValue 5 */
  readonly renewSeconds?: number;
  /** How long an event may wait until it is written to the log. @defaultValue 250 */
  readonly flushMs?: number;
  /** So many bytes of events are written at once, without waiting. @defaultValue 65,536 */
  readonly flushBytes?: number;
  /** So many events of a turn are kept in the log, the newest. @defaultValue 100,000 */
  readonly maxLogEvents?: number;
  /** So many bytes of events of a turn are kept in the log. @defaultValue 64,000,000 */
  readonly maxLogBytes?: number;
  /** How long events are kept, from when they are written. @defaultValue 3,600 */
  readonly logSeconds?: number;
  /** How long an idempotency key is kept, and the events of its turn. @defaultValue 86,400 */
  readonly idempotencySeconds?: number;
  /** The current time in milliseconds. @defaultValue `Date.now` */
  readonly now?: () => number;
}

/** The same options, checked, with every default in place. */
export type TurnStoreSettings = Required<TurnStoreOptions>;

/** The names of all of them, which those of a store begin with. */
export const turnStoreOptionNames: OptionNames<TurnStoreOptions> = {
  agentId: true,
  agentKeyPrefix: true,
  leaseKeyPrefix: true,
  eventKeyPrefix: true,
  requestKeyPrefix: true,
  ownerKeyPrefix: true,
  partKeyPrefix: true,
  contextKeyPrefix: true,
  messageKeyPrefix: true,
  leaseSeconds: true,
  renewSeconds: true,
  flushMs: true,
  flushBytes: true,
  maxLogEvents: true,
  maxLogBytes: true,
  logSeconds: true,
  idempotencySeconds: true,
  now: true,
};

/** @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work. */
export function resolveTurnStoreOptions<Options extends TurnStoreOptions>(
  options: Options,
  names: OptionNames<Options>,
): TurnStoreSettings {
  requireKnownOptions(options, names);
  const { agentId, agentKeyPrefix = 'agent#', now = Date.now } = options;
  const { leaseSeconds = 15, renewSeconds = 5 } = options;
  requireText('agentId', agentId);
  if (agentId === '') throw invalidOption('agentId', 'must not be empty');
  requireText('agentKeyPrefix', agentKeyPrefix);
  if (typeof now !== 'function') throw invalidOption('now', 'must be a function');
  const numbers = {
    leaseSeconds,
    renewSeconds,
    flushMs: options.flushMs ?? 250,
    flushBytes: options.flushBytes ?? 65_536,
    maxLogEvents: options.maxLogEvents ?? 100_000,
    maxLogBytes: options.maxLogBytes ?? 64_000_000,
    logSeconds: options.logSeconds ?? 3_600,
    idempotencySeconds: options.idempotencySeconds ?? 86_400,
  };
  for (const [option, value] of Object.entries(numbers)) {
    if (!(Number.isFinite(value) && value > 0)) throw invalidOption(option, 'must be a number above 0');
  }
  if (leaseSeconds > 86_400) throw invalidOption('leaseSeconds', 'must be at most 86,400, which is a day');
  if (numbers.flushMs > 86_400_000)
    throw invalidOption('flushMs', 'must be at most 86,400,000, which is a day');
  if (renewSeconds * 3 > leaseSeconds)
    throw invalidOption('renewSeconds', 'must be at most a third of "leaseSeconds"');
  return { agentId, agentKeyPrefix, now, ...numbers, ...resolvePrefixes(options) };
}

/** The prefixes of all kinds of records, which must not be able to give one key to records of two kinds. */
function resolvePrefixes(options: TurnStoreOptions) {
  const prefixes = {
    leaseKeyPrefix: options.leaseKeyPrefix ?? 'lease#',
    eventKeyPrefix: options.eventKeyPrefix ?? 'event#',
    requestKeyPrefix: options.requestKeyPrefix ?? 'request#',
    ownerKeyPrefix: options.ownerKeyPrefix ?? 'owner#',
    partKeyPrefix: options.partKeyPrefix ?? 'part#',
    contextKeyPrefix: options.contextKeyPrefix ?? 'context#',
    messageKeyPrefix: options.messageKeyPrefix ?? 'message#',
  };
  const entries = Object.entries(prefixes);
  for (const [option, prefix] of entries) {
    requireText(option, prefix);
    for (const [other, otherPrefix] of entries) {
      if (option === other || !prefix.startsWith(otherPrefix)) continue;
      throw invalidOption(
        option,
        `is "${prefix}" beside "${other}" "${otherPrefix}": neither may be the start of the other`,
      );
    }
  }
  return prefixes;
}

function requireText(option: string, value: unknown): void {
  if (typeof value !== 'string' || !value.isWellFormed())
    throw invalidOption(option, 'must be a well-formed string');
}
