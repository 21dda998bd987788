import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import { defaultSerializer, toPlainStateText } from '../../src/domain/default-serializer.js';
import type { NewRecord } from '../../src/domain/record-store.js';
import { createAgentStore } from '../../src/domain/store/create-agent-store.js';
import { toStateText } from '../../src/domain/values/text.js';
import { createState } from '../../src/testing/fixtures.js';
import { state, unsupported } from './arbitraries.js';
import { runs } from './options.js';

const { pendingToolInputs: _tool, pendingAuthRequests: _auth, ...withoutUndefined } = createState(1);
const cyclic: Record<string, unknown> = {};
cyclic.itself = cyclic;
const ids = { agentId: 'a', contextId: 'c' };

async function toTextByCopy(original: object) {
  return toStateText(await defaultSerializer.serialize(original, ids));
}

describe('the text of a state that is made without a copy', () => {
  it('is that of its copy', async () => {
    const anyText = fc.string({ unit: 'binary' });
    const metadata = fc
      .dictionary(anyText, fc.jsonValue({ stringUnit: 'binary' }))
      // Without -0, which needs a note.
      .map((made): Record<string, unknown> => JSON.parse(JSON.stringify(made)));
    await fc.assert(
      fc.asyncProperty(metadata, async (metadata) => {
        for (const original of [createState(1, { metadata }), { ...withoutUndefined, metadata }])
          expect(toPlainStateText(original)).toBe(await toTextByCopy(original));
      }),
      runs(),
    );
  });

  it('is that of its copy, if any is made', async () => {
    await fc.assert(
      fc.asyncProperty(state, async (original) => {
        const text = toPlainStateText(original);
        if (text !== undefined) expect(text).toBe(await toTextByCopy(original));
      }),
      runs(),
    );
  });

  it('is not made of what cannot be kept', () => {
    fc.assert(
      fc.property(unsupported, ({ value }) => {
        expect(toPlainStateText(createState(1, { metadata: { value } }))).toBeUndefined();
      }),
      runs(),
    );
  });

  it.each([
    ['a date that is none', { createdAt: new Date(Number.NaN) }],
    ['a date with a property', { createdAt: Object.assign(new Date(0), { zone: 'UTC' }) }],
    ['a date with another text', { createdAt: Object.assign(new Date(0), { toJSON: () => 'today' }) }],
    ['a date of a class', { createdAt: new (class extends Date {})(0) }],
    ['a list with another text', { metadata: { list: Object.assign([1], { toJSON: () => 'one' }) } }],
    ['a list of a class', { metadata: { list: new (class extends Array {})() } }],
    ['a list with holes', { metadata: { list: new Array(2) } }],
    ['a key that is a symbol', { metadata: { [Symbol('key')]: 1 } }],
    ['undefined inside of a field', { metadata: { none: undefined } }],
    ['a field that a note must quote', { 'a.b': undefined }],
    ['a field __proto__ that is undefined', Object.defineProperty({}, '__proto__', { enumerable: true })],
    [
      'what cannot be read',
      {
        metadata: {
          get secret(): unknown {
            throw new Error('no');
          },
        },
      },
    ],
    ['a cycle', { metadata: cyclic }],
    ['what nests too deep', { metadata: JSON.parse(`${'{"in":'.repeat(1_001)}1${'}'.repeat(1_001)}`) }],
  ])('is not made if there is %s', (_, changes) => {
    expect(toPlainStateText({ ...createState(1), ...changes })).toBeUndefined();
  });

  it('is what a backend gets that reads no data, from the moment of the save', async () => {
    const written: NewRecord[] = [];
    class TextRecords extends InMemoryRecordStore {
      readonly keepsText = true;
      override put(...call: Parameters<InMemoryRecordStore['put']>) {
        written.push(call[1]);
        return super.put(...call);
      }
    }
    const store = createAgentStore(new TextRecords(), { agentId: 'a' });
    const [original, later] = [createState(1), createState(2)];
    await store.load('c');
    const first = store.save('c', original);
    const second = store.save('c', later);
    later.turnCount = 3;
    await Promise.all([first, second]);
    expect(written.map(({ text }) => text)).toEqual([
      await toTextByCopy(original),
      await toTextByCopy(createState(2)),
    ]);
    expect(written[1]?.data).toEqual(await defaultSerializer.serialize(createState(2), ids));
    expect(await store.load('c')).toEqual(createState(2));
  });
});
