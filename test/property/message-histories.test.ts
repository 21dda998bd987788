import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAgentStoreError } from '../../src/domain/errors.js';
import type { Message, MessageStore } from '../../src/domain/message-store.js';
import { createMessageStore } from '../../src/domain/messages/create-message-store.js';
import { Faults } from '../../src/testing/index.js';
import { backendKinds } from './backends.js';
import { FaultyRecords } from './faulty-records.js';
import { runs } from './options.js';

type Fault = 'none' | 'fail' | 'lose' | 'repeat' | 'late' | 'fail-all';

interface Kept {
  readonly message: Message;
  readonly expiresAt: number;
}

const timeToLive = 60_000;
const contextId = 'session-1';
const sizes = [5, 200, 1_500, 2_500, 9_000];

/** Two stores over one backend, the first with a retention, and the plain list that they are held against. */
class Run {
  readonly faults = new Faults();
  readonly stores: MessageStore[];
  kept: Kept[] = [];
  time = 1_800_000_000_000;
  #messages = 0;
  readonly #open: (options?: object) => MessageStore;

  constructor(open: (faults: Faults, options: object) => MessageStore) {
    this.#open = (options = {}) => open(this.faults, { now: () => this.time, ...options });
    this.stores = [this.#open({ ttlSeconds: timeToLive / 1_000 }), this.#open({ ttlSeconds: 10 })];
  }

  restart(store: number): void {
    this.stores[store] = this.#open({ ttlSeconds: store === 0 ? timeToLive / 1_000 : 10 });
  }

  store(store: number): MessageStore {
    const found = this.stores[store];
    if (found === undefined) throw new RangeError(`There is no store ${store}.`);
    return found;
  }

  create(size: number, count: number): Message[] {
    return Array.from({ length: count }, () => ({
      role: 'user',
      content: `${++this.#messages} `.padEnd(size, 'é🙂'),
    }));
  }

  keep(messages: readonly Message[], store: number): void {
    const expiresAt = this.time + (store === 0 ? timeToLive : 10_000);
    this.kept.push(...messages.map((message) => ({ message, expiresAt })));
  }

  get live(): Message[] {
    return this.kept.filter(({ expiresAt }) => expiresAt > this.time).map(({ message }) => message);
  }

  /** What somebody else reads. */
  async read(): Promise<Message[]> {
    this.faults.clear();
    return this.#open().getAll(contextId);
  }

  async expectSame(store = this.#open()): Promise<void> {
    this.faults.clear();
    const { live } = this;
    expect(await store.getAll(contextId)).toEqual(live);
    expect(await store.getCount(contextId)).toBe(live.length);
    const [from, to] = [Math.floor(live.length / 3), Math.ceil(live.length / 2)];
    expect(await store.getRange(contextId, from, to)).toEqual(live.slice(from, to));
    expect(await store.getRecent(contextId, { maxMessages: 7 })).toEqual(live.slice(-7));
    const maxTokens = 400;
    const recent = await store.getRecent(contextId, { maxTokens });
    expect(recent).toEqual(recent.length === 0 ? [] : live.slice(-recent.length));
    const count = (messages: readonly Message[]) =>
      messages.reduce((sum, { content }) => sum + Math.ceil(content.length / 4), 0);
    if (recent.length > 1) expect(count(recent)).toBeLessThanOrEqual(maxTokens);
    if (recent.length < live.length) expect(count(live.slice(-recent.length - 1))).toBeGreaterThan(maxTokens);
  }
}

type Step = (run: Run) => Promise<void>;

const store = fc.nat({ max: 1 });
const fault = fc.constantFrom<Fault>(
  'none',
  'none',
  'none',
  'none',
  'fail',
  'lose',
  'repeat',
  'late',
  'fail-all',
);

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: step(append, store, fc.constantFrom(...sizes), fc.integer({ min: 1, max: 4 }), fault),
  },
  {
    weight: 4,
    arbitrary: step(appendMany, store, fc.constantFrom(...sizes), fc.integer({ min: 1, max: 40 })),
  },
  { weight: 2, arbitrary: step(appendTogether, fc.constantFrom(...sizes)) },
  { weight: 1, arbitrary: step(clear, store, fc.constantFrom<Fault>('none', 'lose', 'repeat')) },
  {
    weight: 2,
    arbitrary: step(compact, store, fc.nat(20), fc.constantFrom<Fault>('none', 'lose', 'repeat')),
  },
  { weight: 1, arbitrary: step(restart, store) },
  { weight: 2, arbitrary: step(wait, fc.constantFrom(1_000, 10_000, 30_000, timeToLive, 2 * 86_400_000)) },
);

describe.each(backendKinds)('on $name', (kind) => {
  beforeAll(() => kind.start());
  afterAll(() => kind.stop());
  let histories = 0;

  it('keeps what a plain list keeps, whatever stores, rivals, faults and time do', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 12, size: 'max' }), async (history) => {
        const agentId = `histories-${process.pid}-${++histories}`;
        const records = kind.records();
        const run = new Run((faults, options) =>
          createMessageStore(new FaultyRecords(records, faults), { agentId, ...options }),
        );
        for (const step of history) {
          await step(run);
          expect(await run.read()).toEqual(run.live);
        }
        await run.expectSame(run.store(0));
      }),
      { ...runs(), numRuns: Math.ceil(Number(runs().numRuns) / (kind.name === 'memory' ? 2 : 20)) },
    );
  });
});

function append(store: number, size: number, count: number, fault: Fault): Step {
  return async (run) => {
    const messages = run.create(size, count);
    const deliver = order(run, fault);
    const outcome = await outcomeOf(run.store(store).append(contextId, messages));
    run.faults.clear();
    if (outcome === undefined) run.keep(messages, store);
    else {
      expect(outcome).toBe('UNAVAILABLE');
      await deliver?.();
      // The same again is there once, whether or not the first has taken effect.
      await run.store(store).append(contextId, messages);
      run.keep(messages, store);
    }
  };
}

function appendMany(store: number, size: number, count: number): Step {
  return async (run) => {
    for (let index = 0; index < count; index++) {
      const messages = run.create(size, 1);
      await run.store(store).append(contextId, messages);
      run.keep(messages, store);
    }
  };
}

/** In one store, in the order of the calls; between stores, in any. */
function appendTogether(size: number): Step {
  return async (run) => {
    const batches = [0, 1, 0, 1, 0].map((store) => ({ store, messages: run.create(size, 2) }));
    await Promise.all(batches.map(({ store, messages }) => run.store(store).append(contextId, messages)));
    const stored = await run.store(0).getAll(contextId);
    const contents = stored.slice(-10).map(({ content }) => content);
    const order = ({ messages }: { messages: Message[] }) => contents.indexOf(messages[0]?.content ?? '');
    const byStore = [0, 1].map((store) => batches.filter((batch) => batch.store === store).map(order));
    for (const places of byStore) expect(places).toEqual([...places].sort((a, b) => a - b));
    for (const { store, messages } of batches.sort((a, b) => order(a) - order(b))) run.keep(messages, store);
  };
}

function clear(store: number, fault: Fault): Step {
  return async (run) => {
    order(run, fault);
    const outcome = await outcomeOf(run.store(store).clear(contextId));
    run.faults.clear();
    // A request failed before anything was sent, or nobody knows: to do it again is right in either case.
    if (outcome !== undefined) await run.store(store).clear(contextId);
    run.kept = [];
  };
}

function compact(store: number, keepRecent: number, fault: Fault): Step {
  return async (run) => {
    const { live } = run;
    run.faults.passNext();
    order(run, fault);
    const outcome = await outcomeOf(run.store(store).compact(contextId, { keepRecent }));
    run.faults.clear();
    const end = Math.max(live.length - keepRecent, 0);
    if (outcome === 'UNAVAILABLE') await run.store(store).compact(contextId, { keepRecent });
    else expect(outcome).toMatchObject({ compactedRange: { start: 0, end } });
    const [first] = live.slice(end);
    const start = run.kept.findIndex(({ message }) => message === first);
    run.kept = start === -1 ? [] : run.kept.slice(start);
  };
}

function restart(store: number): Step {
  return async (run) => run.restart(store);
}

function wait(milliseconds: number): Step {
  return async (run) => {
    run.time += milliseconds;
  };
}

function order({ faults }: Run, fault: Fault): (() => Promise<void>) | undefined {
  if (fault === 'fail') faults.failNext();
  if (fault === 'lose') faults.loseNextAnswer();
  if (fault === 'repeat') faults.repeatNext();
  if (fault === 'fail-all') for (let request = 0; request < 40; request++) faults.failNext();
  if (fault !== 'late') return undefined;
  const deliver = faults.delayPastFailure();
  for (let request = 0; request < 40; request++) faults.failNext();
  return deliver;
}

/** A step of any arguments, which a failed history names. */
function step<T extends unknown[]>(
  create: (...args: T) => Step,
  ...args: { [Index in keyof T]: fc.Arbitrary<T[Index]> }
): fc.Arbitrary<Step> {
  return fc
    .tuple<T>(...args)
    .map((given) =>
      Object.assign(create(...given), { [fc.toStringMethod]: () => `${create.name}(${given.join(', ')})` }),
    );
}

async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (isAgentStoreError(error)) return error.code;
    throw error;
  }
}
