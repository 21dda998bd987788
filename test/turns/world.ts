import { afterEach, beforeEach, expect, vi } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import type { RecordKey } from '../../src/domain/key-schema.js';
import type { Expectation, NewRecord, RecordStore } from '../../src/domain/record-store.js';
import type { HeldTurn, LogItem, TurnStore } from '../../src/domain/turn-store.js';
import { createTurnStore } from '../../src/domain/turns/create-turn-store.js';
import { HeldLease } from '../../src/domain/turns/held-lease.js';
import type { TurnStoreOptions } from '../../src/domain/turns/turn-store-options.js';
import { begin, done } from '../../src/testing/turns/fixtures.js';

export const session = 'session-1';
/** So long waits a rival with the default options, in milliseconds, and a little longer. */
export const expiryMs = 21_000;

const clock = { wall: 0, monotonic: 0 };

function tick(milliseconds: number): void {
  const step = Math.min(milliseconds, 500);
  for (let passed = 0; passed < milliseconds; passed += step) {
    clock.wall += step;
    clock.monotonic += step;
    vi.advanceTimersByTime(step);
  }
}

/** What can become of a request: `late` fails, and takes effect when it is chosen once more. */
export type Fate = 'answer' | 'fail' | 'lose' | 'late';

interface Request {
  readonly process: Process;
  readonly name: string;
  readonly key: string;
  /** Set if it reads: what it reads. */
  readonly reads: string | undefined;
  /** True once its caller has been told that it failed. */
  isLate: boolean;
  fail(): void;
  /** Takes effect, and tells its caller so, or that it failed. */
  take(isHeard: boolean): Promise<void>;
}

/** One process of several: a store whose requests wait until they are chosen. */
export class Process {
  readonly name: string;
  readonly store: TurnStore;
  isCrashed = false;
  /** How often what was read since something has changed. */
  readonly seen = new Map<string, number>();

  constructor(world: World, name: string, skewMs = 0) {
    this.name = name;
    this.store = world.open(world.gate(this), { now: () => clock.wall + skewMs });
  }
}

/**
 * Processes over one backend, and time, all of which move only when they are told to. Whatever is done, some things must hold: they
 * are looked at after each step.
 */
export class World {
  readonly #records = new InMemoryRecordStore();
  readonly #options: Partial<TurnStoreOptions>;
  readonly #requests: Request[] = [];
  #last: { readonly request: Request; readonly others: readonly Request[] } | undefined;
  readonly #held = new Map<string, { lease: HeldLease; process: Process }>();
  readonly #released = new Set<string>();
  readonly #tokens: number[] = [];
  /** How often something was written, or time has passed. */
  #changes = 0;
  readonly steps: string[] = [];
  #tellCrash = () => {};
  /** Resolves when a process has crashed. */
  readonly crashed = new Promise<void>((resolve) => {
    this.#tellCrash = resolve;
  });

  constructor(options: Partial<TurnStoreOptions> = {}) {
    vi.clearAllTimers();
    clock.wall = 1_800_000_000_000;
    this.#options = options;
  }

  open(records: RecordStore, options: Partial<TurnStoreOptions> = {}): TurnStore {
    return createTurnStore(records, {
      agentId: 'a',
      flushMs: 1,
      flushBytes: 1,
      now: () => clock.wall,
      ...this.#options,
      ...options,
    });
  }

  /** A store whose requests are answered at once. */
  openDirectly(): TurnStore {
    return this.open(this.#records);
  }

  gate(process: Process): RecordStore {
    const wait = <T>(name: string, run: () => Promise<T>, reads?: string): Promise<T> =>
      new Promise((resolve, reject) => {
        const fail = () => reject(new Error('Nobody has answered.'));
        const take = async (isHeard: boolean) => {
          const value = await run();
          if (isHeard) resolve(value);
          else fail();
        };
        const key = name.slice(name.indexOf(' ') + 1);
        this.#requests.push({ process, name, key, reads, isLate: false, fail, take });
      });
    return {
      isLocal: true,
      get: (key) => wait(`get ${key.sort}`, () => this.#records.get(key), key.sort),
      put: (key, record, expected) => wait(`put ${key.sort}`, () => this.#put(key, record, expected)),
      delete: (key, expected) => wait(`delete ${key.sort}`, () => this.#records.delete(key, expected)),
    };
  }

  /** To be called with each turn that has begun: its lease is watched from then on. */
  watch(process: Process, turn: HeldTurn): void {
    const listen = vi.spyOn(HeldLease.prototype, 'onStop');
    turn.onStop(() => {});
    const [lease] = listen.mock.contexts;
    listen.mockRestore();
    if (lease instanceof HeldLease) this.#held.set(turn.turn, { lease, process });
  }

  /** The requests that can be chosen. To look again and again if nothing has changed leads nowhere. */
  get choices(): Request[] {
    return this.#requests.filter(({ process, reads, isLate }) => {
      if (process.isCrashed && !isLate) return false;
      return reads === undefined || (process.seen.get(`${reads} ${this.#changes}`) ?? 0) < 2;
    });
  }

  /**
   * True if it would have led to the same to choose this request right before the last one, and that is done in another history:
   * one of those is enough.
   */
  isRedundant(request: Request): boolean {
    if (this.#last === undefined || !this.#last.others.includes(request)) return false;
    const last = this.#last.request;
    const isIndependent =
      last.key !== request.key || (last.reads !== undefined && request.reads !== undefined);
    return isIndependent && request.process.name < last.process.name;
  }

  async answer(request: Request, fate: Fate): Promise<void> {
    const { process, name, reads, isLate } = request;
    this.steps.push(`${process.name} ${name} ${isLate ? 'arrives late' : fate}`);
    if (fate === 'late' && !isLate) request.isLate = true;
    else this.#requests.splice(this.#requests.indexOf(request), 1);
    this.#last = { request, others: this.choices };
    if (reads === undefined) this.#changes++;
    else {
      const seen = `${reads} ${this.#changes}`;
      process.seen.set(seen, (process.seen.get(seen) ?? 0) + 1);
    }
    if (fate === 'fail' || request.isLate !== isLate) request.fail();
    else await request.take(fate === 'answer');
    return this.settle();
  }

  crash(process: Process): Promise<void> {
    this.steps.push(`${process.name} crashes`);
    this.#changes++;
    this.#last = undefined;
    process.isCrashed = true;
    this.#tellCrash();
    return this.settle();
  }

  /** Lets time pass while everybody works. */
  async pass(milliseconds: number): Promise<void> {
    this.steps.push(`${milliseconds} ms pass`);
    this.#changes++;
    this.#last = undefined;
    tick(milliseconds);
    return this.settle();
  }

  /** Lets time pass while all processes are suspended, so that no timer tells them. */
  jump(milliseconds: number): Promise<void> {
    this.steps.push(`${milliseconds} ms pass unseen`);
    this.#changes++;
    this.#last = undefined;
    clock.wall += milliseconds;
    return this.settle();
  }

  /** Lets everybody do what they can without an answer. */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      tick(1);
      await new Promise(setImmediate);
    }
    this.#check();
  }

  /** All of a log that has come to its end. */
  async readAll(turn: string): Promise<LogItem[]> {
    const hearing = new Hearing(this.openDirectly(), turn);
    await this.settle();
    expect(hearing).toMatchObject({ isOver: true });
    return hearing.items;
  }

  /** What must be so in the end: no session is locked, every log has one end, and tokens have grown. */
  async expectEnded(): Promise<void> {
    for (const request of this.#requests.filter(({ isLate }) => isLate)) await this.answer(request, 'answer');
    await this.jump(3 * expiryMs);
    const fresh = this.openDirectly();
    const turn = await begin(fresh, 'last');
    for (const token of this.#tokens) expect(turn.fencingToken).toBeGreaterThanOrEqual(token);
    await turn.end(done);
    expect(this.#tokens).toEqual([...new Set(this.#tokens)].sort((a, b) => a - b));
  }

  async #put(key: RecordKey, record: NewRecord, expected: Expectation | null) {
    const before = await this.#records.get(key);
    const held: unknown = await before?.read(1e6);
    const result = await this.#records.put(key, record, expected);
    const { turn, released } = Object(record.data);
    if (result.written && key.sort.startsWith('lease#')) {
      if (released) this.#released.add(turn);
      if (turn !== Object(held).turn) this.#tokens.push(record.token ?? 0);
    }
    return result;
  }

  #check(): void {
    const safe = [...this.#held.entries()].filter(
      ([turn, { lease, process }]) => !process.isCrashed && !this.#released.has(turn) && lease.isSafe,
    );
    expect(safe.map(([turn]) => turn).slice(1)).toEqual([]);
  }
}

/** Time is in the hands of the tests of this file, and nothing is left to chance. */
export function holdTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    vi.spyOn(performance, 'now').mockImplementation(() => clock.monotonic);
    vi.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
}

/** What somebody has heard of a log so far. */
export class Hearing {
  readonly items: LogItem[] = [];
  readonly turn: string;
  readonly after: number;
  isOver = false;
  hasFailed = false;

  constructor(store: TurnStore, turn: string, after = 0) {
    this.turn = turn;
    this.after = after;
    void this.#hear(store.read(session, turn, after));
  }

  async #hear(items: AsyncGenerator<LogItem>): Promise<void> {
    try {
      for await (const item of items) this.items.push(item);
      this.isOver = true;
    } catch {
      this.hasFailed = true;
    }
  }
}
