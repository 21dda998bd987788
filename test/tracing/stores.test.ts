import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { describe, expect, it } from 'vitest';
import type { Item } from '../../src/adapters/dynamodb/attribute-value.js';
import { DynamoDBMessageStore } from '../../src/adapters/dynamodb/index.js';
import { itemSize, storedItemSize } from '../../src/adapters/dynamodb/item-size.js';
import {
  InMemoryAgentStore,
  InMemoryMessageStore,
  InMemoryRecordStore,
  InMemoryTurnStore,
} from '../../src/adapters/memory/index.js';
import { openTelemetry, traced } from '../../src/adapters/tracing/index.js';
import { createAgent } from '../../src/agent/create-agent.js';
import { exportSession } from '../../src/domain/sessions/export-session.js';
import {
  agentStoreContract,
  messageStoreContract,
  sessionListContract,
  turnStoreContract,
} from '../../src/testing/index.js';
import {
  createMemoryBackend,
  createMemoryMessageBackend,
  createMemoryTurnBackend,
} from '../backends/memory-backend.js';
import { TestTable } from '../dynamodb/table.js';
import { createState } from '../server/fake-agent.js';
import { readAll, startServer } from '../server/harness.js';
import { fast } from '../server/shared-servers.js';
import { collect, idOf, parentOf } from './collector.js';

describe('a traced store of states', () => {
  const create = () => {
    const backend = createMemoryBackend();
    return {
      ...backend,
      open: (options: Parameters<typeof backend.open>[0]) => traced(backend.open(options)),
    };
  };
  for (const { name, run } of [...agentStoreContract(create), ...sessionListContract(create)])
    it(name, async () => {
      collect({ leavesOpen: true });
      await run();
    });
});

describe('a traced store of messages', () => {
  const create = () => {
    const backend = createMemoryMessageBackend();
    return {
      ...backend,
      open: (options: Parameters<typeof backend.open>[0]) => traced(backend.open(options)),
    };
  };
  for (const { name, run } of messageStoreContract(create))
    it(name, async () => {
      collect({ leavesOpen: true });
      await run();
    });
});

describe('a traced store of turns', () => {
  const create = () => {
    const backend = createMemoryTurnBackend();
    return {
      ...backend,
      open: (options: Parameters<typeof backend.open>[0]) => traced(backend.open(options)),
    };
  };
  for (const { name, run } of turnStoreContract(create))
    it(name, async () => {
      collect({ leavesOpen: true });
      await run();
    });
});

describe('the span of a call', () => {
  it('is inside of what calls, and says how it went', async () => {
    const collector = collect();
    const store = traced(new InMemoryAgentStore({ agentId: 'a' }));
    await trace.getTracer('a program').startActiveSpan('outer', async (span) => {
      await store.save('s', createState());
      span.end();
    });
    const save = await collector.span('save agent_state');
    expect(parentOf(save)).toBe(idOf(await collector.span('outer')));
    expect(save.attributes).toEqual({
      'session.id': 's',
      'gen_ai.conversation.id': 's',
      'looopy.store.operation': 'save',
      'looopy.store.outcome': 'ok',
    });
    expect(save.status).toEqual({ code: SpanStatusCode.UNSET });
  });

  it('says why it failed, and not in the words of the error', async () => {
    const collector = collect();
    const store = traced(new InMemoryAgentStore({ agentId: 'a' }));
    await store.save('s', createState());
    await expect(store.holder().save('s', createState())).rejects.toMatchObject({ code: 'CONFLICT' });
    const [, refused] = collector.spans();
    expect(refused?.attributes).toMatchObject({
      'error.type': 'CONFLICT',
      'looopy.store.outcome': 'CONFLICT',
    });
    expect(refused?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(refused?.events).toEqual([]);
  });

  it('says of a failure that is not from here no more than that it is one', async () => {
    const collector = collect();
    const store = traced({
      load: (_contextId: string) => Promise.reject(new Error('of another kind')),
    });
    await expect(store.load('s')).rejects.toThrow('of another kind');
    const { attributes } = await collector.span('load agent_state');
    expect(attributes).toMatchObject({ 'error.type': '_OTHER', 'looopy.store.outcome': '_OTHER' });
  });

  it('has what the call does inside of it', async () => {
    const collector = collect();
    const store = traced(new InMemoryAgentStore({ agentId: 'a' }));
    await store.update('s', () => {
      trace.getTracer('a program').startSpan('change').end();
      return createState();
    });
    const update = await collector.span('update agent_state');
    expect(parentOf(await collector.span('change'))).toBe(idOf(update));
  });

  it('tells what became of the wish to begin a turn, and of its end', async () => {
    const collector = collect();
    const store = traced(new InMemoryTurnStore(fast));
    const start = await store.begin('s', { turn: 'turn-1', holder: 'here' });
    if (start.outcome !== 'begun') throw new Error(start.outcome);
    await store.begin('s', { turn: 'turn-2', holder: 'here' });
    start.turn.log({ kind: 'content-delta', data: '{"delta":"Hello"}' });
    await start.turn.end({ kind: 'task-complete', data: '{}' });
    const items = [];
    for await (const item of store.read('s', 'turn-1', 0)) items.push(item);
    expect(items).toHaveLength(2);
    for await (const _ of store.read('s', 'turn-1', 0)) break;
    const told = collector.spans().map(({ name, attributes }) => [name, attributes['looopy.store.outcome']]);
    expect(told).toEqual([
      ['begin turns', 'begun'],
      ['begin turns', 'busy'],
      ['end turns', 'ok'],
      ['read turns', 'ok'],
      ['read turns', 'ok'],
    ]);
    for (const { attributes } of collector.spans()) expect(attributes['session.id']).toBe('s');
  });

  it('is of its reading, which can fail too', async () => {
    const collector = collect();
    const store = traced(new InMemoryTurnStore(fast));
    await expect(store.read('', 'turn-1', 0).next()).rejects.toMatchObject({ code: 'INVALID_KEY' });
    const { attributes } = await collector.span('read turns');
    expect(attributes).toMatchObject({ 'error.type': 'INVALID_KEY', 'looopy.store.outcome': 'INVALID_KEY' });
  });

  it('is inside of the turn, or of the request, that makes the call', async () => {
    const collector = collect();
    const server = await startServer({
      telemetry: openTelemetry(),
      agentStore: traced(new InMemoryAgentStore({ agentId: 'a' })),
      turnStore: traced(new InMemoryTurnStore(fast)),
      agent: (contextId, { agentStore }) =>
        createAgent({
          agentId: 'a',
          contextId,
          agentStore,
          async *turn() {
            yield 'Hello';
          },
        }),
    });
    await readAll(await server.post('s', { prompt: 'hi' }));
    const request = await collector.span('POST /invocations');
    const turn = idOf(await collector.span('invoke_agent'));
    expect(parentOf(await collector.span('begin turns'))).toBe(idOf(request));
    expect(parentOf(await collector.span('load agent_state'))).toBe(turn);
    const saves = collector.spans().filter(({ name }) => name === 'save agent_state');
    expect(saves.map(parentOf)).toEqual(saves.map(() => turn));
    expect(saves).not.toEqual([]);
    expect(parentOf(await collector.span('end turns'))).toBe(turn);
  });
});

describe('a traced store', () => {
  it('is the store that it was, for all that is not a call', async () => {
    collect();
    const plain = new InMemoryAgentStore({ agentId: 'a' });
    const store = traced(plain);
    expect(store).toBeInstanceOf(InMemoryAgentStore);
    expect(store.constructor).toBe(InMemoryAgentStore);
    expect(traced({ load: async () => null, limit: 5 }).limit).toBe(5);
    await store.close();
    await expect(plain.load('s')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('is one of its package for what works on whole sessions', async () => {
    const options = { agentId: 'a', records: new InMemoryRecordStore() };
    const agentStore = traced(new InMemoryAgentStore(options));
    await agentStore.save('s', createState());
    const messageStore = traced(new InMemoryMessageStore(options));
    const stores = { agentStore, messageStore, turnStore: traced(new InMemoryTurnStore(options)) };
    expect((await exportSession(stores, 's')).state).not.toBeNull();
  });

  it('does all that it did without a provider', async () => {
    const store = traced(new InMemoryTurnStore(fast));
    const start = await store.begin('s', { turn: 'turn-1', holder: 'here' });
    if (start.outcome !== 'begun') throw new Error(start.outcome);
    await start.turn.end({ kind: 'task-complete', data: '{}' });
    const items = [];
    for await (const item of store.read('s', 'turn-1', 0)) items.push(item);
    expect(items).toHaveLength(1);
  });

  it.each(['onStart', 'onEnd'] as const)('does what it did if the SDK throws: %s', async (method) => {
    const processor: SpanProcessor = { onStart() {}, onEnd() {}, async forceFlush() {}, async shutdown() {} };
    processor[method] = () => {
      throw new Error('Out of order.');
    };
    collect({ processor, leavesOpen: true });
    const store = traced(new InMemoryAgentStore({ agentId: 'a' }));
    await store.save('s', createState());
    expect(await store.load('s')).toEqual(createState());
    await expect(store.holder().save('s', createState())).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('a traced store on DynamoDB', () => {
  const table = TestTable.use();

  it('tells the bytes and the units that DynamoDB charges', async () => {
    const collector = collect();
    const store = traced(table.open());
    const metadata = { text: Array.from({ length: 600 }, (_, index) => `${index}`).join(' ') };
    await store.save('session', createState({ metadata }));
    await store.load('session');
    await store.load('other');
    await store.listSessions();
    await store.delete('session');
    const told = collector.spans().map(({ name, attributes: { ...all } }) => ({
      name,
      bytes: all['looopy.store.bytes'],
      read: all['looopy.store.read_units'],
      write: all['looopy.store.write_units'],
    }));
    const bytes = Number(told[0]?.bytes);
    expect(bytes).toBeGreaterThan(metadata.text.length);
    expect(bytes).toBeLessThan(metadata.text.length + 500);
    expect(told).toEqual([
      { name: 'save agent_state', bytes, read: undefined, write: 3 },
      { name: 'load agent_state', bytes, read: 1, write: undefined },
      { name: 'load agent_state', bytes: 0, read: 1, write: undefined },
      { name: 'listSessions agent_state', bytes, read: 2, write: undefined },
      { name: 'delete agent_state', bytes, read: 1, write: 3 },
    ]);
  });

  it('adds up what all requests of a call have taken', async () => {
    const collector = collect();
    const options = { tableName: table.tableName, agentId: table.agentId, documentClient: table.client };
    const store = traced(new DynamoDBMessageStore(options));
    await store.append('session', { role: 'user', content: 'Hello' });
    const { attributes } = await collector.span('append messages');
    expect(attributes).toMatchObject({ 'looopy.store.write_units': 1 });
    expect(attributes['looopy.store.bytes']).toBeGreaterThan(0);
  });

  it('tells no units if DynamoDB does not', async () => {
    const collector = collect();
    const store = traced(table.open({ documentClient: { send: async () => ({}) } }));
    await store.load('session');
    const { attributes } = await collector.span('load agent_state');
    expect(attributes).toMatchObject({ 'looopy.store.outcome': 'ok', 'looopy.store.bytes': 0 });
    expect(attributes).not.toHaveProperty('looopy.store.read_units');
  });

  it('counts the bytes of an item that came back as those of one that was sent', () => {
    const item: Item = {
      text: { S: 'Grüße' },
      numbers: { L: [{ N: '0' }, { N: '-1.5e-7' }, { N: '123456' }] },
      bytes: { B: new Uint8Array(5) },
      rest: { M: { yes: { BOOL: true }, nothing: { NULL: true } } },
    };
    expect(storedItemSize(item)).toBe(itemSize(item));
    expect(storedItemSize({ ...item, set: { SS: ['of others'] } })).toBe(itemSize(item) + 'set'.length + 1);
  });

  it('asks for no units if nobody gets the span', async () => {
    const sent: object[] = [];
    const documentClient = {
      send: async (command: object) => {
        sent.push(Object(Reflect.get(command, 'input')));
        return {};
      },
    };
    const store = traced(table.open({ documentClient }));
    await store.load('session');
    await store.save('session', createState());
    expect(sent).toHaveLength(2);
    for (const input of sent) expect(input).not.toHaveProperty('ReturnConsumedCapacity');
  });
});
