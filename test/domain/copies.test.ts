import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { InMemoryAgentStore } from '../../src/adapters/memory/index.js';
import { isResumable } from '../../src/domain/agent-state.js';
import { copyState } from '../../src/domain/state-copy.js';
import { copyPlainData } from '../../src/domain/values/encode.js';
import { fromStateText, toStateText } from '../../src/domain/values/text.js';
import { createState } from '../../src/testing/fixtures.js';
import { assertSameValue } from '../../src/testing/index.js';

describe('the copy of a state', () => {
  const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;

  it.each([
    new DataView(bytes),
    new Int8Array(bytes),
    new Uint8Array(bytes, 2, 3),
    new Uint8ClampedArray(bytes),
    new Int16Array(bytes, 2),
    new Uint16Array(bytes),
    new Int32Array(bytes),
    new Uint32Array(bytes),
    new Float32Array(bytes),
    new Float64Array(bytes),
    new BigInt64Array(bytes),
    new BigUint64Array(bytes),
    Buffer.from(bytes, 1),
    bytes,
  ])('keeps binary data of every class: %o', async (binary) => {
    const state = createState(1, { metadata: { binary } });
    const copy = copyState(state);
    assertSameValue(copy, state);
    expect(copy.metadata?.binary).not.toBe(binary);
    const store = new InMemoryAgentStore({ agentId: 'agent' });
    await store.save('session', state);
    assertSameValue(await store.load('session'), state);
  });

  it('takes plain objects of another realm and without a prototype for what they are', () => {
    const foreign = runInNewContext('({ a: { b: 1 } })');
    const bare = Object.assign(Object.create(null), { c: 2 });
    const { metadata } = copyState(createState(1, { metadata: { foreign, bare } }));
    expect(metadata).toStrictEqual({ foreign: { a: { b: 1 } }, bare: { c: 2 } });
  });

  it('keeps an object that stands in two places', () => {
    const twice = { a: 1 };
    const metadata = { deeper: [[twice]], here: twice, again: [twice] };
    expect(copyState(createState(1, { metadata })).metadata).toEqual(metadata);
  });

  it('says where a value cannot be read, and why', () => {
    const cause = new Error('not now');
    const spoiled = {
      get later() {
        throw cause;
      },
    };
    expect(() => copyState(createState(1, { metadata: { list: [spoiled] } }))).toThrow(
      expect.objectContaining({
        code: 'UNSERIALIZABLE',
        message: 'state.metadata.list[0] cannot be read.',
        cause,
      }),
    );
  });

  it('says so where not even the state itself can be read', () => {
    const cause = new Error('not now');
    const spoiled = {
      ...createState(),
      get status() {
        throw cause;
      },
    };
    expect(() => copyState(spoiled)).toThrow(
      expect.objectContaining({ code: 'UNSERIALIZABLE', message: 'state cannot be read.', cause }),
    );
  });

  it('is not made of a starting agent whose serializer cannot keep it', async () => {
    const serializer = { serialize: () => null, deserialize: () => createState() };
    const store = new InMemoryAgentStore({ agentId: 'agent', serializer });
    const starting = createState(0, { status: 'created' });
    await store.save('session', starting);
    const spoiled = store.save('session', { ...starting, metadata: { run: () => 1 } });
    await expect(spoiled).rejects.toMatchObject({ code: 'UNSERIALIZABLE' });
  });

  it('names an object of a class that has no name', () => {
    const nameless = new (class {})();
    expect(() => copyState(createState(1, { metadata: { nameless } }))).toThrow('is an instance of');
  });

  it.each([null, undefined, 1, 'idle', [createState()], new Map(), () => createState()])(
    'is refused of %o',
    (state) => {
      expect(() => copyState(state)).toThrow(expect.objectContaining({ code: 'UNSERIALIZABLE' }));
    },
  );

  it.each(['status', 'turnCount', 'lastActivity', 'createdAt'])('is refused without %s', (field) => {
    expect(() => copyState({ ...createState(), [field]: undefined })).toThrow(`state.${field} is missing`);
  });
});

describe('what a serializer returns', () => {
  it.each<[unknown, string]>([
    [undefined, 'serialized is a undefined'],
    [{ a: [1, Number.NaN] }, 'serialized.a[1] is NaN'],
    [{ a: -0 }, 'serialized.a is -0'],
    [{ a: new Date(0) }, 'serialized.a is an instance of Date'],
    [[1n], 'serialized[0] is a bigint'],
    [{ run: () => 1 }, 'serialized.run is a function'],
  ])('is refused where it is not plain data: %o', async (data, message) => {
    expect(() => copyPlainData(data)).toThrow(message);
    const serializer = { serialize: () => JSON.parse('null'), deserialize: () => createState(1) };
    serializer.serialize = () => data;
    const store = new InMemoryAgentStore({ agentId: 'agent', serializer });
    await expect(store.save('session', createState())).rejects.toMatchObject({
      code: 'UNSERIALIZABLE',
      message: expect.stringContaining(message),
    });
    expect(await store.load('session')).toBe(null);
  });
});

describe('stored text', () => {
  it.each(['', '{', 'null', '[]', '{}', '{"meta":{}}', '1'])(
    'is refused where it is no state: %s',
    (text) => {
      expect(() => fromStateText(text)).toThrow(SyntaxError);
    },
  );

  it('is what it was made of, be it bytes', () => {
    const bytes = new Uint8Array([1]);
    expect(fromStateText(toStateText(bytes))).toBe(bytes);
    expect(fromStateText(toStateText([1]))).toEqual([1]);
  });

  it.each(['[', '{"a":'])('is refused before it is parsed where it nests too deep: %s', (open) => {
    // Parsed, it would take gigabytes.
    const bomb = `{"json":${open.repeat(300_000)}`;
    expect(() => fromStateText(bomb)).toThrow('nests deeper than');
  });

  it('may hold brackets in its texts, and as many as it likes behind each other', () => {
    const data = ['[{"\\'.repeat(20_000), Array.from({ length: 20_000 }, () => [{}])];
    expect(fromStateText(toStateText(data))).toEqual(data);
  });

  it('is not parsed beyond a limit', () => {
    expect(() => fromStateText('{"json":"äöü"}', 16)).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE', message: expect.stringMatching(/17 bytes.*16/) }),
    );
  });

  it('is not repeated where it is not JSON', () => {
    expect(() => fromStateText('{"json":"secret')).toThrow(/^The stored text is not JSON\.$/);
  });
});

describe('a session', () => {
  const input = { inputId: 'i', toolCallId: 'c', toolName: 'n', toolArguments: {}, taskId: 't', prompt: 'p' };

  it.each(['idle', 'busy', 'shutdown', 'error', 'waiting-input'] as const)(
    'can be resumed in %s while it waits',
    (status) => {
      const state = { ...createState(), status };
      expect(isResumable(state)).toBe(false);
      expect(isResumable({ ...state, pendingToolInputs: [], pendingAuthRequests: [] })).toBe(false);
      expect(isResumable({ ...state, pendingToolInputs: [{ ...input, inputType: 'data' }] })).toBe(true);
      const { inputId: authId, ...request } = input;
      expect(isResumable({ ...state, pendingAuthRequests: [{ ...request, authId, authType: 'pat' }] })).toBe(
        true,
      );
    },
  );
});

it('copies what a serializer has made, although it nests deeper than a state may', () => {
  let made: unknown = 'core';
  for (let level = 0; level < 1_100; level++) made = [made];
  expect(copyPlainData(made)).toEqual(made);
});
