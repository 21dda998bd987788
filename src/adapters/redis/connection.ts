import { AgentStoreError } from '../../domain/errors.js';
import { invalidOption } from '../../domain/options.js';
import { isRecord } from '../../domain/values/objects.js';
import { Deadlines } from './deadlines.js';
import { toAgentStoreError } from './errors.js';

type Argument = string | Uint8Array;

/**
 * A client of Redis: a `Redis` or a `Cluster` of ioredis, or anything that takes the same commands.
 *
 * Those of ioredis have `evalBuffer` and `evalshaBuffer` too, although their types do not say so.
 *
 * @example
 * const client: RedisClient = new Redis({ commandTimeout: 5_000 });
 */
export interface RedisClient {
  getBuffer(key: string): Promise<Uint8Array | null>;
  del(key: string): Promise<unknown>;
  evalBuffer?(script: string, keyCount: string, ...keysAndArguments: Argument[]): Promise<unknown>;
  evalshaBuffer?(sha1: string, keyCount: string, ...keysAndArguments: Argument[]): Promise<unknown>;
  /** Needed only to list sessions and running turns. */
  scan?(
    cursor: string,
    match: 'MATCH',
    pattern: string,
    count: 'COUNT',
    size: number,
  ): Promise<[cursor: string, keys: string[]]>;
  /** The servers of a Cluster. */
  nodes?(role: 'master'): RedisClient[];
  /** How the client was configured, if it says so. */
  readonly options?: ClientOptions & { readonly redisOptions?: ClientOptions | undefined };
}

interface ClientOptions {
  readonly host?: string | undefined;
  /** Of a Unix socket. */
  readonly path?: string | undefined;
  /** The sentinels, which are asked for the address of the server. */
  readonly sentinels?: readonly object[] | null | undefined;
  readonly keyPrefix?: string | undefined;
  readonly commandTimeout?: number | undefined;
  readonly socketTimeout?: number | undefined;
}

/** A client with all of the commands. */
export type RedisCommands = RedisClient & Required<Pick<RedisClient, 'evalBuffer' | 'evalshaBuffer'>>;

/** What a request may take through a client without a `commandTimeout`: that of a Cluster that is down has no end. */
const defaultTimeout = 10_000;

/** A client that the store makes: no request without an end, and a server that is back is found well within its time. */
const ownOptions = {
  connectTimeout: 2_000,
  commandTimeout: 5_000,
  // Ends a connection whose other end has vanished without a word.
  socketTimeout: 5_000,
  maxRetriesPerRequest: 5,
  retryStrategy: (attempt: number) => Math.min(attempt * 50, 500),
  // After a failover the same address may lead to another server, which only a new connection finds.
  reconnectOnError: ({ message }: Error) => message.includes('READONLY'),
};

/** The client that requests go through: the user's, or one for a URL that is made for the first request. */
export class RedisConnection {
  readonly #open: () => Promise<RedisCommands>;
  #opening: Promise<RedisCommands> | undefined;
  #client: RedisCommands | undefined;
  readonly #deadlines = new Deadlines();
  #disconnect: (() => void) | undefined;
  /** The last connection error of the store's own client. ioredis hides it behind 'max retries'. */
  #trouble: Error | undefined;

  constructor(target: RedisCommands | string) {
    if (typeof target !== 'string') this.#client = target;
    this.#open = typeof target === 'string' ? () => this.#connect(target) : async () => target;
  }

  /**
   * Sends a request about a key, which may be several commands, and takes no longer than the client gives one. It makes few promises, since
   * each of them takes time between two requests.
   *
   * @throws AgentStoreError that says what to do.
   */
  request<T>(key: string, send: (client: RedisCommands) => Promise<T>): Promise<T> {
    const client = this.#client;
    if (client === undefined) return this.#requestFirst(key, send);
    return new Promise((resolve, reject) => {
      const milliseconds = timeoutOf(client);
      const fail = (error: unknown) => {
        this.#deadlines.end(request);
        reject(toAgentStoreError(this.#trouble ?? error, key));
      };
      const request = this.#deadlines.begin(milliseconds, () =>
        fail(new Error(`Redis has not answered within ${milliseconds} ms.`)),
      );
      try {
        send(client).then((answer) => {
          this.#deadlines.end(request);
          resolve(answer);
        }, fail);
      } catch (error) {
        fail(error);
      }
    });
  }

  /** Sends as many requests as it takes, each of which has the time that the client gives it. */
  async list<T>(send: (client: RedisCommands) => Promise<T>): Promise<T> {
    const client = await this.#ready();
    try {
      return await send(client);
    } catch (error) {
      throw this.#trouble ?? error;
    }
  }

  async #requestFirst<T>(key: string, send: (client: RedisCommands) => Promise<T>): Promise<T> {
    try {
      await this.#ready();
    } catch (error) {
      throw toAgentStoreError(error, key);
    }
    return this.request(key, send);
  }

  async #ready(): Promise<RedisCommands> {
    this.#opening ??= this.#open();
    const client = await this.#opening;
    this.#client = client;
    return client;
  }

  /** Closes the client, if the store made it. */
  async close(): Promise<void> {
    this.#disconnect?.();
  }

  async #connect(url: string): Promise<RedisCommands> {
    const { Redis } = await importIoredis();
    const client = new Redis(url, ownOptions);
    let wasReady = false;
    client.on('error', (error: Error) => {
      if (!wasReady && error.name !== 'MaxRetriesPerRequestError') this.#trouble = error;
      // ioredis would go on in another database.
      if (hasCommandFailed('select', error)) client.disconnect(true);
    });
    client.once('ready', () => {
      wasReady = true;
      this.#trouble = undefined;
    });
    this.#disconnect = () => client.disconnect();
    return requireCommands(client);
  }
}

/** @throws AgentStoreError `CONFIGURATION` if the client lacks a command. */
export function requireCommands(client: RedisClient): RedisCommands {
  if (hasCommands(client)) return client;
  throw invalidOption('client', 'must be a Redis or a Cluster of ioredis, or have the same commands');
}

function hasCommands(client: RedisClient): client is RedisCommands {
  const names = ['getBuffer', 'del', 'evalBuffer', 'evalshaBuffer'] as const;
  return names.every((name) => typeof client?.[name] === 'function');
}

/** True for a server on this machine, as far as its address says: between the two there is no wire. */
export function isOnThisMachine(target: RedisClient | string): boolean {
  if (typeof target === 'string') return isLoopback(new URL(target).hostname);
  const { host, path, sentinels } = target.options ?? {};
  return (path ?? '') !== '' || ((sentinels ?? null) === null && isLoopback(host));
}

function isLoopback(host: string | undefined): boolean {
  return host !== undefined && /^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(host);
}

function hasCommandFailed(name: string, error: Error): boolean {
  const command: unknown = Reflect.get(error, 'command');
  return isRecord(command) && command.name === name;
}

async function importIoredis() {
  try {
    return await import('ioredis');
  } catch (cause) {
    const message = 'The package "ioredis" could not be loaded. Install it, or give a client.';
    throw new AgentStoreError('CONFIGURATION', message, { cause });
  }
}

function timeoutOf({ options }: RedisClient): number {
  return options?.commandTimeout ?? options?.redisOptions?.commandTimeout ?? defaultTimeout;
}
