import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Expectation, isExpectationMet, type NewRecord } from '../../src/domain/record-store.js';
import { backendKinds } from './backends.js';
import { runs } from './options.js';

const now = 1_800_000_000_000;
const revision = fc.constantFrom('a', 'b', 'c');
const token = fc.option(fc.constantFrom(1, 2, now), { nil: undefined });
const seconds = fc.constantFrom(now / 1000 - 1, now / 1000, now / 1000 + 1);

const record: fc.Arbitrary<NewRecord> = fc
  .record({ revision, token, expiresAt: fc.option(seconds, { nil: undefined }), turn: fc.nat(9) })
  .map(({ turn, ...fields }) => ({
    ...fields,
    // Long before: a record in Redis is removed when its own time is up, which must not be before the test has ended.
    updatedAt: now - 3_600_000,
    entityType: 'test',
    data: { turn },
    text: JSON.stringify({ json: { turn } }),
  }));

const expectation: fc.Arbitrary<Expectation> = fc
  .record({
    absent: fc.boolean(),
    revisions: fc.uniqueArray(revision, { maxLength: 2 }),
    now: fc.constant(now),
    token,
  })
  .filter(({ absent, revisions }) => absent || revisions.length > 0);

describe.each(backendKinds)('records in $name', (kind) => {
  beforeAll(() => kind.start());
  afterAll(() => kind.stop());
  let keys = 0;

  it('are written and removed only if what is stored meets the expectation', async () => {
    const records = kind.records();
    await fc.assert(
      fc.asyncProperty(
        fc.option(record),
        record,
        expectation,
        fc.boolean(),
        async (stored, next, expected, isDelete) => {
          const key = { partition: `records-${process.pid}`, sort: `${++keys}` };
          if (stored !== null) await records.put(key, stored, null);
          const result = isDelete
            ? await records.delete(key, expected)
            : await records.put(key, next, expected);
          expect(result.written).toBe(isExpectationMet(expected, stored));
          const left = result.written ? (isDelete ? null : next) : stored;
          const found = await records.get(key);
          expect(found && { ...found, read: undefined, data: await found.read(1_000) }).toEqual(
            left && {
              revision: left.revision,
              expiresAt: left.expiresAt,
              token: left.token,
              data: left.data,
            },
          );
          if (!result.written) expect(result.current?.revision).toBe(stored?.revision);
          await records.delete(key, null);
          expect(await records.get(key)).toBe(null);
        },
      ),
      runs(),
    );
  });
});
