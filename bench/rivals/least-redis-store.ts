import { createHash } from 'node:crypto';
import { openSync, readSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { AgentState } from '../../dist/domain/agent-state.js';

/** In front of the text stands a revision of 36 characters. */
export const compareAndSet = `if redis.call('GETRANGE', KEYS[1], 0, 35) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`;

const random = Buffer.alloc(16);
const device = openSync('/dev/urandom', 'r');

/** What no other write has, also in a copy of this process: over the text and what the kernel gives. */
export function createRevision(text: string, previous: string): string {
  readSync(device, random);
  const hash = createHash('sha256').update(previous).update(random).update(text);
  return hash.digest('base64url').slice(0, 36);
}

/**
 * The least that keeps a plain state under the promises of a store: a state that JSON would change is refused, a save replaces what was
 * seen or nothing, the calls for a session wait for each other, none waits without end, and dates come back as dates.
 */
export class LeastRedisStore {
  readonly #seen = new Map<string, string>();
  readonly #tails = new Map<string, Promise<unknown>>();

  private constructor(
    private readonly client: Redis,
    private readonly sha1: string,
  ) {}

  static async open(client: Redis): Promise<LeastRedisStore> {
    return new LeastRedisStore(client, String(await client.script('LOAD', compareAndSet)));
  }

  save(key: string, state: AgentState): Promise<void> {
    const { createdAt, lastActivity, ...others } = state;
    if (!isDate(createdAt) || !isDate(lastActivity) || !isJson(others))
      throw new TypeError('It is not plain.');
    const text = JSON.stringify(state);
    return this.#inOrder(key, async () => {
      const seen = this.#seen.get(key) ?? '';
      const revision = createRevision(text, seen);
      const isWritten = await withTimeout(this.client.evalsha(this.sha1, 1, key, seen, revision + text));
      if (isWritten !== 1) throw new Error('The revision is another one.');
      this.#seen.set(key, revision);
    });
  }

  load(key: string): Promise<AgentState | null> {
    return this.#inOrder(key, async () => {
      const value = await withTimeout(this.client.get(key));
      if (value === null) return null;
      this.#seen.set(key, value.slice(0, 36));
      const state = JSON.parse(value.slice(36));
      state.createdAt = new Date(state.createdAt);
      state.lastActivity = new Date(state.lastActivity);
      if (!isDate(state.createdAt) || !isDate(state.lastActivity)) throw new TypeError('It is no state.');
      return state;
    });
  }

  async #inOrder<T>(key: string, call: () => Promise<T>): Promise<T> {
    const result = (this.#tails.get(key) ?? Promise.resolve()).then(call);
    const settled = result.catch(() => undefined);
    this.#tails.set(key, settled);
    try {
      return await result;
    } finally {
      if (this.#tails.get(key) === settled) this.#tails.delete(key);
    }
  }
}

function withTimeout<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('There was no answer.')), 10_000);
    answer.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

function isDate(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' || typeof value === 'boolean' || value === null;
  if (Array.isArray(value)) return value.every(isJson);
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson);
}
