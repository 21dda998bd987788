import { describe, expect, it, vi } from 'vitest';
import { InMemoryAgentStore, InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import { AgentStoreError, isAgentStoreError } from '../../src/domain/errors.js';
import type { RecordKey } from '../../src/domain/key-schema.js';
import type { StateSerializer } from '../../src/domain/state-serializer.js';
import { createState } from '../../src/testing/fixtures.js';
import { Faults } from '../../src/testing/index.js';

describe('the guard', () => {
  it('knows an error of another copy of the package', async () => {
    vi.resetModules();
    const other = await import('../../src/domain/errors.js');
    expect(other.AgentStoreError).not.toBe(AgentStoreError);
    const error = new other.AgentStoreError('CONFLICT', 'Somebody else was faster.');
    expect(isAgentStoreError(error)).toBe(true);
    expect(isAgentStoreError(error, 'CONFLICT')).toBe(true);
    expect(isAgentStoreError(error, 'CORRUPTED')).toBe(false);
  });

  it.each([
    undefined,
    'AgentStoreError',
    new Error('CONFLICT'),
    Object.assign(new Error('x'), { name: 'AgentStoreError' }),
    Object.assign(new Error('x'), { name: 'AgentStoreError', code: 'ECONNREFUSED' }),
    { name: 'AgentStoreError', code: 'CONFLICT' },
  ])('knows that %o is none', (value) => {
    expect(isAgentStoreError(value)).toBe(false);
  });
});

describe('a serializer that fails', () => {
  const failing = (error: Error): StateSerializer => ({
    serialize: async (state) => {
      if (state.turnCount > 1) throw error;
      return null;
    },
    deserialize: () => {
      throw error;
    },
  });

  it('makes the state unserializable and what is stored corrupted', async () => {
    const cause = new Error('no key');
    const store = new InMemoryAgentStore({ agentId: 'agent', serializer: failing(cause) });
    await expect(store.save('s', createState(2))).rejects.toMatchObject({ code: 'UNSERIALIZABLE', cause });
    await store.save('s', createState(1));
    await expect(store.load('s')).rejects.toMatchObject({ code: 'CORRUPTED', cause });
  });

  it('may say with a code of its own what failed', async () => {
    const error = new AgentStoreError('UNAVAILABLE', 'The key service is down.');
    const store = new InMemoryAgentStore({ agentId: 'agent', serializer: failing(error) });
    const expected = { code: 'UNAVAILABLE', message: expect.stringContaining('The key service is down.') };
    await expect(store.save('s', createState(2))).rejects.toMatchObject({ ...expected, operation: 'save' });
    await store.save('s', createState(1));
    await expect(store.load('s')).rejects.toMatchObject({ ...expected, operation: 'load' });
  });

  it('makes what is no state corrupted', async () => {
    const serializer = { serialize: () => null, deserialize: () => 'a state' };
    const store = new InMemoryAgentStore({ agentId: 'agent', serializer });
    await store.save('s', createState(1));
    await expect(store.load('s')).rejects.toMatchObject({ code: 'CORRUPTED' });
  });
});

describe('a key schema', () => {
  const open = (key: () => unknown) => {
    const keySchema = { key: key as () => RecordKey };
    return new InMemoryAgentStore({ agentId: 'agent', keySchema });
  };

  it.each([
    ['no partition', { sort: 's' }],
    ['an empty partition', { partition: '', sort: 's' }],
    ['a sort key that is a number', { partition: 'p', sort: 1 }],
    ['an ill-formed sort key', { partition: 'p', sort: '\ud800' }],
  ])('is refused what it makes, where that is %s', async (_, key) => {
    await expect(open(() => key).load('s')).rejects.toMatchObject({ code: 'INVALID_KEY' });
  });

  it('is given both ids', async () => {
    const seen: unknown[] = [];
    const keySchema = {
      key: (ids: object) => {
        seen.push(ids);
        return { partition: 'p', sort: 's' };
      },
    };
    await new InMemoryAgentStore({ agentId: 'agent', keySchema }).load('session');
    expect(seen).toEqual([{ agentId: 'agent', contextId: 'session' }]);
  });
});

it('a client that cannot be closed says so', async () => {
  const cause = new Error('still busy');
  const records = Object.assign(new InMemoryRecordStore(), { close: () => Promise.reject(cause) });
  const store = new InMemoryAgentStore({ agentId: 'agent', records });
  await expect(store.close()).rejects.toMatchObject({ code: 'UNAVAILABLE', operation: 'close', cause });
});

it('closing waits for a look that is under way', async () => {
  const faults = new Faults();
  const records = Object.assign(new InMemoryRecordStore(), { get: () => faults.run(async () => null) });
  const store = new InMemoryAgentStore({ agentId: 'agent', records });
  const release = faults.delayNext();
  const order: string[] = [];
  const peeked = store.peek('s').then(() => order.push('peeked'));
  const closed = store.close().then(() => order.push('closed'));
  release();
  await Promise.all([peeked, closed]);
  expect(order).toEqual(['peeked', 'closed']);
});

it('a context id that is no text is refused', async () => {
  const store = new InMemoryAgentStore({ agentId: 'agent' });
  const contextId = JSON.parse('5');
  await expect(store.load(contextId)).rejects.toMatchObject({ code: 'INVALID_KEY', operation: 'load' });
});
