import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendKinds } from './backends.js';
import { runs } from './options.js';

const text = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 10 }),
  fc.string({
    unit: fc.constantFrom('a', 'b', '#', ':', '%', '*', '?', '[', ']', '^', '\\', '{', '}', '3A', 'é'),
    minLength: 1,
    maxLength: 5,
  }),
);

describe.each(backendKinds)('records in $name', (kind) => {
  beforeAll(() => kind.start());
  afterAll(() => kind.stop());
  let partitions = 0;

  it('are listed by what their keys begin with, each once, whatever the keys and the size of a page', async () => {
    const records = kind.records();
    const key = fc.tuple(fc.constantFrom('', 'lease#', 'lease', 'x'), text).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 8 }),
        fc.oneof(fc.constantFrom('lease#', ''), text),
        text,
        fc.integer({ min: 1, max: 4 }),
        async (sorts, prefix, name, limit) => {
          const partition = `index-${process.pid}-${++partitions}-${name}`;
          const expiresAt = 1; // One that has expired is listed, too.
          const record = { revision: 'r', updatedAt: 0, entityType: '', data: 1, text: '{"json":1}' };
          for (const [at, sort] of sorts.entries()) {
            const isOld = at === 0 && kind.name !== 'Redis' && kind.name !== 'Redis Cluster';
            await records.put({ partition, sort }, { ...record, ...(isOld && { expiresAt }) }, null);
            await records.put({ partition: `${partition}x`, sort }, record, null);
          }
          const found: string[] = [];
          let after: string | undefined;
          do {
            const page = await records.keys(partition, { prefix, after, limit });
            found.push(...page.keys);
            after = page.next;
          } while (after !== undefined);
          expect(found.sort()).toEqual(sorts.filter((sort) => sort.startsWith(prefix)).sort());
        },
      ),
      { ...runs(), numRuns: Math.ceil(Number(runs().numRuns) / (kind.name === 'memory' ? 1 : 5)) },
    );
  });
});
