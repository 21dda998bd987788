import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSerializer, encodeState } from '../../src/domain/default-serializer.js';
import { copyState } from '../../src/domain/state-copy.js';
import { StateSnapshot } from '../../src/domain/store/state-snapshot.js';
import { findDifferenceOfCopy } from '../../src/domain/values/same-value.js';
import { fromStateText, toStateText } from '../../src/domain/values/text.js';
import { createState } from '../../src/testing/fixtures.js';
import { assertSameValue } from '../../src/testing/index.js';
import { encode } from '../superjson/encode.js';
import { extendedSuperjson } from '../superjson/extended-superjson.js';
import { state, unsupported } from './arbitraries.js';
import { backendKinds, DynamoDBKind } from './backends.js';
import { runs } from './options.js';
import { walkAndEncode } from './walking-encoder.js';

const ids = { agentId: 'a', contextId: 'c' };

describe('any state of the supported values', () => {
  it('survives a copy', () => {
    fc.assert(
      fc.property(state, (original) => assertSameValue(copyState(original), original)),
      runs(),
    );
  });

  it('is the same in a snapshot as when it has been stored, as itself and as data, and no larger than that says', async () => {
    await fc.assert(
      fc.asyncProperty(state, async (original) => {
        const data = await encode(original);
        const text = toStateText(data);
        const snapshot = new StateSnapshot(original);
        assertSameValue(snapshot.toData(), data);
        expect(Buffer.byteLength(String(text))).toBeLessThanOrEqual(snapshot.maxBytes);
        const stored = await defaultSerializer.deserialize(fromStateText(String(text)), ids);
        const first = snapshot.copy();
        assertSameValue(first, stored);
        // Nothing of one copy is in another, nor in what a copy is made of.
        expect(findDifferenceOfCopy(snapshot.copy(), first, 'copy')).toBeNull();
        expect(findDifferenceOfCopy(copyState(first), first, 'copy')).toBeNull();
      }),
      runs(),
    );
  });

  it('survives as text', async () => {
    await fc.assert(
      fc.asyncProperty(state, async (original) => {
        const text = toStateText(await encode(original));
        assertSameValue(await defaultSerializer.deserialize(fromStateText(String(text)), ids), original);
      }),
      runs(),
    );
  });

  it('is encoded in place as by a walk that looks at every value and asks superjson', async () => {
    await fc.assert(
      fc.asyncProperty(state, async (original) => {
        assertSameValue(await encode(original), walkAndEncode(copyState(original)));
      }),
      runs(),
    );
  });

  it('is written so that superjson reads it, inside of a map', async () => {
    await fc.assert(
      fc.asyncProperty(state, async (original) => {
        const outer = createState(1, { metadata: { map: new Map([['state', original]]) } });
        const text = toStateText(await encode(outer));
        assertSameValue(extendedSuperjson.parse(String(text)), outer);
      }),
      runs(),
    );
  });

  describe.each(backendKinds)('on $name', (kind) => {
    beforeAll(() => kind.start());
    afterAll(() => kind.stop());

    it('survives', async () => {
      const backend = kind.create();
      const [writer, reader] = [
        backend.open({ agentId: ids.agentId }),
        backend.open({ agentId: ids.agentId }),
      ];
      await fc.assert(
        fc.asyncProperty(state, async (original) => {
          await writer.save(ids.contextId, original);
          assertSameValue(await reader.load(ids.contextId), original);
        }),
        runs(),
      );
    });
  });
});

describe('as a native map only, any state of the supported values', () => {
  const dynamodb = new DynamoDBKind({ compression: 'off' });
  beforeAll(() => dynamodb.start());
  afterAll(() => dynamodb.stop());

  it('survives, or is refused with a path where a native map cannot hold it', async () => {
    const backend = dynamodb.create();
    const [writer, reader] = [backend.open({ agentId: ids.agentId }), backend.open({ agentId: ids.agentId })];
    let kept = 0;
    await fc.assert(
      fc.asyncProperty(state, async (original) => {
        try {
          await writer.save(ids.contextId, original);
        } catch (error) {
          expect(error).toMatchObject({
            code: 'UNSERIALIZABLE',
            message: expect.stringContaining(': state'),
          });
          return;
        }
        assertSameValue(await reader.load(ids.contextId), original);
        kept++;
      }),
      // One in ten is kept.
      runs({ atLeast: 200 }),
    );
    expect(kept).toBeGreaterThan(0);
  });
});

describe('any value that cannot be kept', () => {
  it('is refused with its path, wherever it is', () => {
    fc.assert(
      fc.property(state, unsupported, (original, { value, path }) => {
        const spoiled = Object.assign(original, { metadata: { ...original.metadata, spoiled: value } });
        const refusal = {
          code: 'UNSERIALIZABLE',
          message: expect.stringContaining(`state.metadata.spoiled${path} `),
        };
        expect(() => copyState(spoiled)).toThrow(expect.objectContaining(refusal));
        expect(() => encodeState(spoiled)).toThrow(expect.objectContaining(refusal));
      }),
      runs(),
    );
  });
});
