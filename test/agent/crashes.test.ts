import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DynamoDBAgentStore, DynamoDBMessageStore } from '../../src/adapters/dynamodb/index.js';
import { RedisAgentStore, RedisMessageStore } from '../../src/adapters/redis/index.js';
import { createAgent } from '../../src/agent/create-agent.js';
import type { TurnContext } from '../../src/agent/turn-context.js';
import type { AgentEvent } from '../../src/domain/agent.js';
import { isResumable } from '../../src/domain/agent-state.js';
import type { AgentStore } from '../../src/domain/agent-store.js';
import type { Message, MessageStore } from '../../src/domain/message-store.js';
import { InMemoryAgentStore, InMemoryMessageStore } from '../../src/stores.js';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';
import { openRedis, type RedisEndpoint } from '../backends/redis-endpoint.js';
import { collect } from './session.js';

interface Stores {
  readonly agentStore: AgentStore;
  readonly messageStore: MessageStore;
}

/** A process that ends at one of the things it does, before or after doing it. From then on it does nothing any more. */
class Process {
  readonly #crashAt: number;
  readonly #end: PromiseWithResolvers<'crashed'>;
  #count = 0;
  readonly did: string[] = [];

  constructor(crashAt: number) {
    this.#crashAt = crashAt;
    this.#end = withResolvers();
  }

  get crashed(): Promise<'crashed'> {
    return this.#end.promise;
  }

  /** Half of the crashes come before something is done, and half after it. */
  async do<Result>(name: string, work: () => Promise<Result> | Result): Promise<Result> {
    await this.#pass();
    const result = await work();
    this.did.push(name);
    await this.#pass();
    return result;
  }

  async #pass(): Promise<void> {
    if (this.#count++ >= this.#crashAt) {
      this.#end.resolve('crashed');
      await new Promise(() => {});
    }
  }
}

function withResolvers(): PromiseWithResolvers<'crashed'> {
  let resolve: PromiseWithResolvers<'crashed'>['resolve'] = () => {};
  let reject: PromiseWithResolvers<'crashed'>['reject'] = () => {};
  const promise = new Promise<'crashed'>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

const answers: Readonly<Record<string, string>> = { 'Which seat?': '14C', 'Whose name?': 'Ada' };
const message = 'book a seat';

/** A client that sends its message until the turn is over, and answers what is asked. The first process ends at one point. */
async function converse(contextId: string, { agentStore, messageStore }: Stores, crashAt: number) {
  const keys: string[] = [];
  let last: AgentEvent | undefined;
  const processes: Process[] = [];
  const run = async (
    process: Process,
    text: string | null,
    inputs: { inputId: string; value: unknown }[],
  ) => {
    const holder = agentStore.holder();
    const agent = createAgent({
      agentId: 'a',
      contextId,
      agentStore: {
        load: (id) => process.do('load', () => holder.load(id)),
        save: (id, state) => process.do(`save ${state.status}`, () => holder.save(id, state)),
      },
      messageStore: {
        append: (id, said) => process.do('append', () => messageStore.append(id, said)),
        getRecent: (id, options) => messageStore.getRecent(id, options),
        getAll: (id) => messageStore.getAll(id),
      },
      turn: (context) =>
        bookSeat(context, (name, key) => process.do(`${name} ${key}`, () => keys.push(`${name} ${key}`))),
    });
    const events = await Promise.race([collect(agent, text, { inputs }), process.crashed]);
    last = events === 'crashed' ? undefined : events.at(-1);
    return events === 'crashed';
  };
  let crashed: Process | undefined;
  for (let tries = 0; last?.kind !== 'task-complete'; tries++) {
    expect(tries).toBeLessThan(10);
    const state = await agentStore.peek(contextId);
    const [question] = state !== null && isResumable(state) ? (state.pendingToolInputs ?? []) : [];
    const process = new Process(crashed ? Number.POSITIVE_INFINITY : crashAt - countOf(processes));
    processes.push(process);
    const inputs = question && [{ inputId: question.inputId, value: answers[question.prompt] }];
    if (await run(process, inputs === undefined ? message : null, inputs ?? [])) crashed = process;
  }
  return { keys, last, crashed };
}

/** How many points the processes have passed, two for each thing they did. */
function countOf(processes: readonly Process[]): number {
  return processes.reduce((sum, { did }) => sum + 2 * did.length, 0);
}

async function* bookSeat(
  { message, ask, step, state, history }: TurnContext,
  act: (name: string, key: string) => Promise<number>,
) {
  yield 'Looking. ';
  const before = await history();
  const [price, tax] = await Promise.all([
    step('price', ({ key }) => act('price', key).then(() => 12n)),
    step('tax', ({ key }) => act('tax', key).then(() => new Map([['city', 2]]))),
  ]);
  const seat = await ask({ prompt: 'Which seat?', options: ['12A', '14C'] });
  const booked = await step('book', async function* ({ key }) {
    yield 'Booking. ';
    await act('book', key);
    return new Date(0);
  });
  const name = await ask({ prompt: 'Whose name?' });
  const refused = await step('pay', async ({ key }) => {
    await act('pay', key);
    throw new RangeError('no card');
  }).catch((error: unknown) => (error instanceof RangeError ? error.message : 'lost its class'));
  state.metadata = { ...state.metadata, seat };
  const facts = [before.length, message, price, tax.get('city'), seat, booked.getTime(), name, refused];
  yield facts.join(', ');
}

const idOf = (message: Message) => String(Reflect.get(message, 'id'));

/** What holds at the end, whichever point the first process has ended at. */
async function check(contextId: string, stores: Stores, crashAt: number): Promise<boolean> {
  const { keys, last, crashed } = await converse(contextId, stores, crashAt);
  const messages = await stores.messageStore.getAll(contextId);
  const ids = messages.map(idOf);
  expect(new Set(ids).size).toBe(ids.length);
  const [turn] = ids.at(-1)?.split(':') ?? [];
  const own = messages.filter((message) => idOf(message).startsWith(`${turn}:`));
  const begun = messages.length - own.length + 1;
  const facts = `${begun}, ${message}, 12, 2, 14C, 0, Ada, no card`;
  expect(last).toMatchObject({ content: facts });
  expect(own.map(({ role, content }) => `${role}: ${content}`)).toEqual([
    `user: ${message}`,
    'assistant: Looking. \n\nWhich seat?',
    'user: 14C',
    'assistant: Booking. \n\nWhose name?',
    'user: Ada',
    `assistant: ${facts}`,
  ]);
  const state = await stores.agentStore.load(contextId);
  expect(state).toMatchObject({ status: 'idle', metadata: { seat: '14C' } });
  expect(Object.keys(state ?? {})).not.toContain('turnJournal');
  // What has run twice ran in the process that ended before it had stored so.
  const did: readonly string[] = crashed?.did ?? [];
  for (const key of keys.filter((key, index) => keys.indexOf(key) !== index)) {
    const saves = did.slice(did.indexOf(key)).filter((name) => name === 'save busy');
    expect(did).toContain(key);
    // The first of two that run side by side is stored by the first save.
    expect(saves.length).toBeLessThan(/^(price|tax) /.test(key) ? 2 : 1);
  }
  return crashed !== undefined;
}

describe('a session whose process ends at any point of its journal comes to the same end', () => {
  let dynamodb: DynamoDBEndpoint;
  let client: DynamoDBClient;
  let tableName: string;
  let redis: RedisEndpoint;
  let redisStores: Stores;

  beforeAll(async () => {
    dynamodb = await startDynamoDB();
    client = createClient(dynamodb.url);
    tableName = await createTable(client);
    redis = await openRedis();
    const options = { agentId: 'crashes', client: redis.client };
    redisStores = { agentStore: new RedisAgentStore(options), messageStore: new RedisMessageStore(options) };
  });

  afterAll(async () => {
    await redis.close();
    client.destroy();
    await dynamodb.close();
  });

  it.each<[string, () => Stores]>([
    [
      'in memory',
      () => ({
        agentStore: new InMemoryAgentStore({ agentId: 'a' }),
        messageStore: new InMemoryMessageStore({ agentId: 'a' }),
      }),
    ],
    [
      'in DynamoDB',
      () => {
        const options = { agentId: 'crashes', tableName, documentClient: client };
        return {
          agentStore: new DynamoDBAgentStore(options),
          messageStore: new DynamoDBMessageStore(options),
        };
      },
    ],
    ['in Redis', () => redisStores],
  ])('%s', async (_, open) => {
    const stores = open();
    let crashAt = 0;
    while (await check(`session-${crashAt}`, stores, crashAt)) crashAt++;
    // As many points as there are before and after each load, save, append and step.
    expect(crashAt).toBeGreaterThan(40);
  });
});
