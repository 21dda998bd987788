import { beforeEach, describe, expect, it } from 'vitest';
import { InMemoryAgentStore } from '../../src/adapters/memory/index.js';
import { runInAgentScope } from '../../src/domain/agent-scope.js';
import type { AgentStore } from '../../src/index.js';
import { createState } from '../../src/testing/fixtures.js';

const conflict = { name: 'AgentStoreError', code: 'CONFLICT' };

describe.each(['the store that all agents share', 'a holder of its own'])(
  'a stopped agent with %s',
  (kind) => {
    let store: InMemoryAgentStore;
    let scope: { isRevoked: boolean };
    let held: AgentStore;

    beforeEach(async () => {
      store = new InMemoryAgentStore({ agentId: 'a' });
      scope = { isRevoked: false };
      held = kind === 'a holder of its own' ? asAgent(() => store.holder()) : store;
      await asAgent(() => held.save('s', createState(1)));
    });

    it('saves nothing', async () => {
      scope.isRevoked = true;
      await expect(asAgent(() => held.save('s', createState(2)))).rejects.toMatchObject(conflict);
      await expect(store.peek('s')).resolves.toMatchObject({ turnCount: 1 });
    });

    it('deletes nothing', async () => {
      scope.isRevoked = true;
      await expect(asAgent(() => held.delete('s'))).rejects.toMatchObject(conflict);
      await expect(store.peek('s')).resolves.toMatchObject({ turnCount: 1 });
    });

    it('updates nothing, and does not try for ever', async () => {
      let changes = 0;
      const updated = asAgent(() =>
        held.update('s', () => {
          changes += 1;
          if (changes > 1) throw new Error('tried again');
          scope.isRevoked = true;
          return createState(2);
        }),
      );
      await expect(updated).rejects.toMatchObject(conflict);
      await expect(store.peek('s')).resolves.toMatchObject({ turnCount: 1 });
    });

    function asAgent<Result>(work: () => Result): Result {
      return runInAgentScope(scope, work);
    }
  },
);
