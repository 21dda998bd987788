import { Subject } from 'rxjs';
import { vi } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import type { AgentEvent } from '../../src/domain/agent.js';
import type { RecordStore } from '../../src/domain/record-store.js';
import type { TurnStore } from '../../src/domain/turn-store.js';
import { createTurnStore } from '../../src/domain/turns/create-turn-store.js';
import type { TurnStoreOptions } from '../../src/domain/turns/turn-store-options.js';
import type { ServeConfig } from '../../src/server/config.js';
import { FaultyRecords } from '../property/faulty-records.js';
import { event, type Script } from './fake-agent.js';
import { type SentEvent, sessionHeader, startServer, type TestServer } from './harness.js';

/** A turn store that writes at once, and whose turns notice soon what others have marked in their lease. */
export const fast = { agentId: 'a', flushMs: 2, leaseSeconds: 3, renewSeconds: 0.05 };

/** Agents whose turns say what the test says. */
export function openTurns() {
  const turns: Subject<AgentEvent>[] = [];
  const script: Script = () => {
    const turn = new Subject<AgentEvent>();
    turns.push(turn);
    return turn;
  };
  /** What the nth turn says, once that turn runs. */
  const running = (nth = 1) =>
    eventually(() => {
      const turn = turns[nth - 1];
      if (turn?.observed !== true) throw new Error('The turn does not run yet.');
      return turn;
    });
  return { turns, script, running };
}

/** Waits until an assertion holds, for as long as a busy machine may take. */
export const eventually = <Result>(assertion: () => Result | Promise<Result>): Promise<Result> =>
  vi.waitFor(assertion, { timeout: 60_000, interval: 10 });

export function say(turn: Subject<AgentEvent>, ...deltas: string[]): void {
  for (const delta of deltas) turn.next(event('content-delta', { delta }));
}

/** What can become of the requests of one server to the records that all share. */
class Line {
  /** How many requests have asked for a change. */
  writes = 0;
  #cut: 'refused' | 'unanswered' | undefined;

  /** From now on every request fails, or is never answered. */
  cut(how: 'refused' | 'unanswered'): void {
    this.#cut = how;
  }

  mend(): void {
    this.#cut = undefined;
  }

  open(records: RecordStore): RecordStore {
    const faulty = new FaultyRecords(records, { run: (request) => this.#run(request) });
    const note = <Result>(result: Result) => {
      this.writes++;
      return result;
    };
    return {
      isLocal: true,
      get: (key, isFresh) => faulty.get(key, isFresh),
      put: (key, record, expected) => note(faulty.put(key, record, expected)),
      delete: (key, expected) => note(faulty.delete(key, expected)),
    };
  }

  #run<Result>(request: () => Promise<Result>): Promise<Result> {
    if (this.#cut === 'refused') return Promise.reject(new Error('The store cannot be reached.'));
    return this.#cut === 'unanswered' ? new Promise(() => {}) : request();
  }
}

/** A server as of a process of its own, with its own turn store over records that others have too. */
export interface SharingServer extends TestServer {
  readonly turnStore: TurnStore;
  readonly line: Line;
}

type SharingConfig = Partial<ServeConfig> & {
  script?: Script;
  records?: RecordStore;
  turns?: Partial<TurnStoreOptions>;
};

export async function startSharing({
  records = new InMemoryRecordStore(),
  turns = {},
  ...config
}: SharingConfig): Promise<SharingServer> {
  const line = new Line();
  const turnStore = createTurnStore(line.open(records), { ...fast, ...turns });
  return { ...(await startServer({ turnStore, ...config })), turnStore, line };
}

/** Two servers over the same records. */
export async function startTwo(config: SharingConfig = {}) {
  const records = config.records ?? new InMemoryRecordStore();
  const start = () => startSharing({ ...config, records });
  return { records, one: await start(), two: await start() };
}

/** The ways to ask for the events behind an id. */
export const ways = ['body', 'header', 'query'] as const;

export function toAttachRequest(
  way: (typeof ways)[number],
  session: string,
  lastEventId?: string,
): [path: string, init: RequestInit] {
  const named = { [sessionHeader]: session };
  if (way === 'body') {
    const body = JSON.stringify({ type: 'attach', lastEventId });
    return ['/invocations', { method: 'POST', headers: named, body }];
  }
  const fields = { ...named, ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }) };
  const accept = { accept: 'text/event-stream' };
  if (way === 'header') return ['/invocations', { headers: { ...accept, ...fields } }];
  return [`/invocations?${new URLSearchParams(fields)}`, { headers: accept }];
}

export function attach(
  server: Pick<TestServer, 'url'>,
  session: string,
  lastEventId?: string,
  way: (typeof ways)[number] = 'body',
): Promise<Response> {
  const [path, init] = toAttachRequest(way, session, lastEventId);
  return fetch(server.url + path, init);
}

export const turnOf = (sent: SentEvent | undefined) => sent?.id.split(':')[0] ?? '';
export const numbersOf = (sent: readonly SentEvent[]) => sent.map(({ id }) => Number(id.split(':')[1]));
export const deltasOf = (sent: readonly SentEvent[]) => sent.flatMap(({ data }) => data.delta ?? []);
export const codeOf = (sent: SentEvent | undefined) => sent?.data.code;
