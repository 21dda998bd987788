import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ContextMemory } from '../../src/domain/store/context-memory.js';
import { runs } from './options.js';

const limit = 4;
const contexts = ['a', 'b', 'c', 'd', 'e', 'f'];

it('remembers the contexts that were used last, and what was seen of them last', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...contexts), { maxLength: 60 }), (uses) => {
      const memory = new ContextMemory(limit);
      const known = new Map<string, string>();
      uses.forEach((contextId, index) => {
        const revision = `revision ${index}`;
        memory.remember(contextId, { revision, lineage: '', attempts: [] });
        known.delete(contextId);
        known.set(contextId, revision);
        const kept = new Map([...known].slice(-limit));
        for (const context of contexts) {
          expect(memory.recall(context).revision).toBe(kept.get(context) ?? null);
        }
      });
    }),
    runs(),
  );
});
