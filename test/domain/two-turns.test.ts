import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import { runInAgentScope } from '../../src/domain/agent-scope.js';
import { isAgentStoreError } from '../../src/domain/errors.js';
import type { RecordKey } from '../../src/domain/key-schema.js';
import { createMessageStore } from '../../src/domain/messages/create-message-store.js';
import type { Expectation, NewRecord, RecordStore } from '../../src/domain/record-store.js';
import { createAgentStore } from '../../src/domain/store/create-agent-store.js';
import { createState } from '../../src/testing/fixtures.js';

/** How often a turn that has done nothing yet starts over. */
const maxStarts = 4;

/** A request that waits for its turn. */
interface Request {
  readonly name: string;
  readonly key: RecordKey;
  readonly isRead: boolean;
  send(): Promise<void>;
}

/** Several processes, each of whose requests waits until it is told to take effect. */
class Processes {
  /** Why processes have ended before they should. */
  readonly failures: unknown[] = [];
  readonly #waiting = new Map<string, Request>();
  readonly #arrivals = new Map<string, () => void>();

  /** Starts a process. It has arrived when it waits with its first request. */
  start(name: string, run: () => Promise<void>): Promise<void> {
    const arrived = this.#arrival(name);
    const arrive = () => this.#arrivals.get(name)?.();
    void run().then(arrive, (error: unknown) => {
      this.failures.push(error);
      arrive();
    });
    return arrived;
  }

  request<T>(name: string, key: RecordKey, isRead: boolean, call: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(name, { name, key, isRead, send: () => call().then(resolve, reject) });
      this.#arrivals.get(name)?.();
    });
  }

  get waiting(): Request[] {
    return [...this.#waiting.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Lets a process go on until it waits again, or has come to its end. */
  async advance({ name, send }: Request): Promise<void> {
    this.#waiting.delete(name);
    const arrived = this.#arrival(name);
    await send();
    await arrived;
  }

  #arrival(name: string): Promise<void> {
    return new Promise((resolve) => this.#arrivals.set(name, resolve));
  }
}

/** Two turns of one session, in processes of their own. `first` has the smaller token: it loses the session to `second`. */
class TwoTurns {
  readonly processes = new Processes();
  readonly #records = new InMemoryRecordStore();
  /** What `second` has written: it acts once it has written both. */
  readonly #written = new Set<string>();
  /** What `first` has written although `second` acts. */
  readonly #late: string[] = [];
  readonly #acknowledged: string[] = [];
  readonly completed: string[] = [];

  async begin(isNew: boolean): Promise<void> {
    if (!isNew) {
      await createAgentStore(this.#records, { agentId: 'a' }).save('s', createState(1));
      await createMessageStore(this.#records, { agentId: 'a' }).append('s', say('before'));
    }
    await this.processes.start('first', () => this.#run('first', 1));
    await this.processes.start('second', () => this.#run('second', 2));
  }

  async #run(name: string, token: number): Promise<void> {
    for (let starts = 1; starts <= maxStarts; starts++) if (await this.#try(name, token)) return;
  }

  /** One agent's try at a turn. False if it was refused before it had done anything: another agent starts over. */
  async #try(name: string, fencingToken: number): Promise<boolean> {
    const scope = { isRevoked: false, fencingToken };
    const records = this.#recordsOf(name);
    const states = createAgentStore(records, { agentId: 'a' });
    const messages = createMessageStore(records, { agentId: 'a' });
    return runInAgentScope(scope, async () => {
      let hasActed = false;
      try {
        const turns = (await states.load('s'))?.turnCount ?? 0;
        const read = await messages.getAll('s');
        await states.save('s', createState(turns, { status: 'busy' }));
        await messages.append('s', say(`${name} asks`));
        hasActed = true;
        await this.#expectStart(
          name,
          read.map(({ content }) => content),
        );
        await messages.append('s', say(`${name} answers`));
        this.#acknowledged.push(`${name} answers`);
        await states.save('s', createState(turns + 1));
        this.completed.push(name);
      } catch (error) {
        if (!isAgentStoreError(error, 'CONFLICT')) throw error;
        return hasActed;
      }
      return true;
    });
  }

  /** What the turn has read is all that is there before what it has appended. */
  async #expectStart(name: string, read: readonly string[]): Promise<void> {
    const stored = await this.contents();
    const start = stored.indexOf(`${name} asks`);
    expect(stored.slice(0, start)).toEqual(read);
    this.#acknowledged.push(`${name} asks`);
  }

  #recordsOf(name: string): RecordStore {
    const { processes } = this;
    return {
      isLocal: true,
      get: (key) => processes.request(name, key, true, () => this.#records.get(key)),
      put: (key, record, expected) =>
        processes.request(name, key, false, () => this.#put(name, key, record, expected)),
      delete: (key, expected) =>
        processes.request(name, key, false, () => this.#records.delete(key, expected)),
    };
  }

  async #put(name: string, key: RecordKey, record: NewRecord, expected: Expectation | null) {
    const result = await this.#records.put(key, record, expected);
    if (result.written && name === 'first' && this.#written.size === 2) this.#late.push(record.entityType);
    if (result.written && name === 'second') this.#written.add(record.entityType);
    return result;
  }

  async contents(): Promise<string[]> {
    const messages = await createMessageStore(this.#records, { agentId: 'a' }).getRange('s', 0, 99);
    return messages.map(({ content }) => content);
  }

  async expectEnd(): Promise<void> {
    expect(this.processes.failures).toEqual([]);
    expect(this.#late).toEqual([]);
    const stored = await this.contents();
    expect(stored).toEqual([...new Set(stored)]);
    expect(stored).toEqual(expect.arrayContaining(this.#acknowledged));
    expect(this.completed.at(-1)).toBe('second');
    const state = await createAgentStore(this.#records, { agentId: 'a' }).peek('s');
    expect(state).toMatchObject({ status: 'idle' });
  }
}

const say = (content: string) => ({ role: 'user', content }) as const;

/** True if two requests of different processes come to the same whichever is first. */
function isIndependent(one: Request, other: Request): boolean {
  return (one.isRead && other.isRead) || (one.key.sort !== other.key.sort && (one.isRead || other.isRead));
}

/** Each decision of a schedule: what was chosen, and of how many. */
type Decisions = readonly (readonly [choice: number, choices: number])[];

/**
 * Runs a schedule, which says whose request is next each time that there is a choice; beyond its end, the first. Of schedules
 * that differ only in the order of requests that are independent, all but one are given up.
 */
async function runSchedule(isNew: boolean, schedule: readonly number[]): Promise<[Decisions, boolean]> {
  const turns = new TwoTurns();
  await turns.begin(isNew);
  const decisions: [number, number][] = [];
  let last: Request | undefined;
  for (let { waiting } = turns.processes; waiting.length > 0; waiting = turns.processes.waiting) {
    const next = waiting.filter((request) => {
      return last === undefined || last.name <= request.name || !isIndependent(last, request);
    });
    const choice = schedule[decisions.length] ?? 0;
    last = next[choice];
    if (last === undefined) return [decisions, false];
    decisions.push([choice, next.length]);
    await turns.processes.advance(last);
  }
  await turns.expectEnd();
  return [decisions, true];
}

/** The schedule after one that was run, in the order in which all of them are tried. */
function nextSchedule(decisions: Decisions): number[] | null {
  const last = decisions.findLastIndex(([choice, choices]) => choice + 1 < choices);
  if (last === -1) return null;
  return decisions.slice(0, last + 1).map(([choice], at) => (at === last ? choice + 1 : choice));
}

// A process that crashes is one whose other requests come after all of the other process: what is expected holds after each step.
// Neither does it matter when a turn takes its token: nobody sees it before the first request.
describe('two turns of one session, of which the second takes over at any time', () => {
  beforeAll(() => void vi.stubGlobal('setTimeout', (call: () => void) => setImmediate(call)));
  afterAll(() => void vi.unstubAllGlobals());

  it.each([
    ['a session that is there', false],
    ['a new session', true],
  ])('never write beside each other, whatever the order of their requests: %s', async (_, isNew) => {
    let complete = 0;
    for (let schedule: number[] | null = []; schedule !== null; ) {
      const [decisions, isComplete] = await runSchedule(isNew, schedule);
      if (isComplete) complete++;
      schedule = nextSchedule(decisions);
    }
    expect(complete).toBeGreaterThan(100);
  });
});
