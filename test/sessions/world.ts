import { AgentStoreError } from '../../src/domain/errors.js';
import type { RecordKey } from '../../src/domain/key-schema.js';
import type { Message } from '../../src/domain/message-store.js';
import { createMessageStore } from '../../src/domain/messages/create-message-store.js';
import type { KeyListOptions, RecordIndex } from '../../src/domain/record-index.js';
import type { Expectation, NewRecord, RecordStore } from '../../src/domain/record-store.js';
import type { SessionStores } from '../../src/domain/sessions/session-stores.js';
import type { AgentStoreOptions } from '../../src/domain/store/agent-store-options.js';
import { createAgentStore } from '../../src/domain/store/create-agent-store.js';
import { createTurnStore } from '../../src/domain/turns/create-turn-store.js';
import { sizeOf } from '../../src/domain/values/size.js';
import { createClock, createState } from '../../src/testing/fixtures.js';
import { begin, done, quiet, say } from '../../src/testing/turns/fixtures.js';

export type ListedRecords = RecordStore & RecordIndex;

/** What is found of a session of which nothing is there. */
export const nothing = {
  state: 0,
  stateParts: 0,
  history: 0,
  historyParts: 0,
  events: 0,
  eventParts: 0,
  requests: 0,
  owner: 0,
};

/** The sessions of an agent in a backend that others may use beside it. */
export class World {
  readonly agentId = `agent-${crypto.randomUUID()}`;
  readonly partition = `agent#${this.agentId}`;
  readonly clock = createClock();

  constructor(
    readonly records: ListedRecords,
    /** The largest record, for what is larger to be spread, if the backend keeps such records. */
    readonly maxBytes?: number,
  ) {}

  /** Stores of a process that is killed once it has sent so many requests. */
  open(requests = Number.POSITIVE_INFINITY, options: Partial<AgentStoreOptions> = {}): OpenStores {
    const records = new MortalRecords(this.records, requests, this.maxBytes);
    const { ttlSeconds } = options;
    const common = { agentId: this.agentId, now: this.clock.now };
    return {
      process: records,
      agentStore: createAgentStore(records, { ...common, ...options }),
      messageStore: createMessageStore(records, {
        ...common,
        ...(ttlSeconds !== undefined && { ttlSeconds }),
      }),
      turnStore: createTurnStore(records, { ...common, ...quiet }),
    };
  }

  /** All sort keys, but for those that begin so. */
  async keys(...without: string[]): Promise<string[]> {
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = await this.records.keys(this.partition, { prefix: '', after, limit: 1_000 });
      found.push(...page.keys);
      after = page.next;
    } while (after !== undefined);
    return found.filter((key) => without.every((prefix) => !key.startsWith(prefix))).sort();
  }

  /** A session with something of every kind: a state and a history over several records, a turn with its events and key, an owner. */
  async fill(contextId: string): Promise<void> {
    const { agentStore, messageStore, turnStore } = this.open();
    await turnStore.claim(contextId, 'ada');
    const turn = await begin(turnStore, 'turn-1', { key: 'key-1', hash: 'hash-1' }, contextId);
    await agentStore.save(contextId, createState(1, { metadata: { text: 'x'.repeat(9_000) } }));
    for (let count = 0; count < 14; count++) await messageStore.append(contextId, createMessages(10, count));
    turn.log(say('y'.repeat(9_000)));
    await turn.end(done);
  }

  /** Puts a summary in the place of all but the last two messages. */
  async compactAll(contextId: string): Promise<void> {
    const options = { agentId: this.agentId, now: this.clock.now, ttlSeconds: 300 };
    const store = createMessageStore(this.records, { ...options, summarize: () => 'summary '.repeat(200) });
    await store.compact(contextId, { keepRecent: 2, strategy: 'summarization' });
  }

  /** The state stands for all of it: everything but the leases and what an erase leaves is gone. */
  async isErased(contextId: string): Promise<boolean> {
    const { agentStore, messageStore, turnStore } = this.open();
    const left = await this.keys('lease#');
    return (
      (await agentStore.load(contextId)) === null &&
      (await messageStore.getCount(contextId)) === 0 &&
      (await turnStore.owner(contextId)) === null &&
      left.every((key) => [`context#${contextId}`, `message#${contextId}`].includes(key))
    );
  }
}

export interface OpenStores extends SessionStores {
  readonly process: MortalRecords;
}

/** Records of a process that is killed after so many requests: nothing that it sends later arrives. */
class MortalRecords implements RecordStore, RecordIndex {
  readonly keyLimits;
  readonly isLocal;
  readonly maxRecordBytes;
  sent = 0;

  constructor(
    private readonly records: ListedRecords,
    public requests: number,
    private readonly maxBytes: number | undefined,
  ) {
    this.keyLimits = records.keyLimits;
    this.isLocal = records.isLocal;
    this.maxRecordBytes = maxBytes === undefined ? records.maxRecordBytes : maxBytes / 2;
  }

  get(key: RecordKey, isFresh?: boolean) {
    return this.#send(() => this.records.get(key, isFresh));
  }

  async put(key: RecordKey, record: NewRecord, expected: Expectation | null) {
    if (this.maxBytes !== undefined && sizeOf(record.text) > this.maxBytes)
      throw new AgentStoreError('TOO_LARGE', 'It is larger than a record may be.');
    return this.#send(() => this.records.put(key, record, expected));
  }

  delete(key: RecordKey, expected: Expectation | null) {
    return this.#send(() => this.records.delete(key, expected));
  }

  keys(partition: string, options: KeyListOptions) {
    return this.#send(() => this.records.keys(partition, options));
  }

  async #send<Result>(request: () => Promise<Result>): Promise<Result> {
    // Not "UNAVAILABLE", which would be tried again.
    if (this.sent >= this.requests) throw new AgentStoreError('CONFIGURATION', 'The process is dead.');
    this.sent++;
    return request();
  }
}

export function createMessages(count: number, seed = 0): Message[] {
  return Array.from({ length: count }, (_, index) => ({
    role: 'user',
    content: `${seed}-${index} ${'word '.repeat(20)}`,
  }));
}
