import type { InMemoryAgentStore } from '../../src/adapters/memory/index.js';
import { AgentStoreError } from '../../src/domain/errors.js';
import type { SessionListOptions, SessionPage } from '../../src/domain/sessions/session-list.js';
import type { ContractStoreOptions, SessionListBackend } from '../../src/testing/index.js';
import { createMemoryBackend } from '../backends/memory-backend.js';

/** A store that lists with one defect, and the case of the contract that must find it. */
interface BrokenList {
  readonly defect: string;
  readonly foundBy: string;
  readonly createBackend: () => SessionListBackend;
}

type List = (options?: SessionListOptions) => Promise<SessionPage>;

const all = 'lists all sessions, whatever their ids, and those of no other agent';
const facts = 'lists what a session is: its status, when it was last active, its size and its expiry';

export const brokenLists: readonly BrokenList[] = [
  broken('lists its sessions on one page, whatever the limit', all, (list) => ({
    list: (options) => list({ ...options, limit: 1_000 }),
  })),
  broken('lists the first page only', all, (list) => ({
    list: async (options) => ({ sessions: (await list(options)).sessions }),
  })),
  broken('lists the sessions of other agents', all, (list, options, open) => ({
    list: async (given) => {
      const others = await open({ ...options, agentId: 'support-2' }).listSessions(given);
      const page = await list(given);
      return { ...page, sessions: [...page.sessions, ...others.sessions] };
    },
  })),
  broken('forgets the expiry', facts, (list) => ({
    list: async (options) => {
      const page = await list(options);
      return { ...page, sessions: page.sessions.map(({ expiresAt: _, ...summary }) => summary) };
    },
  })),
  broken('counts characters as bytes', facts, (list) => ({
    list: async (options) => {
      const page = await list(options);
      return {
        ...page,
        sessions: page.sessions.map((summary) => ({ ...summary, bytes: summary.bytes - 3 })),
      };
    },
  })),
  broken(
    'knows the size of a record, and not of a state',
    'lists the size of a state that is over several records',
    (list) => ({
      list: async (options) => {
        const page = await list(options);
        const toBytes = (bytes: number) => Math.min(bytes, 400_000);
        return {
          ...page,
          sessions: page.sessions.map((summary) => ({ ...summary, bytes: toBytes(summary.bytes) })),
        };
      },
    }),
  ),
  broken(
    'lists what has expired',
    'leaves out what has expired, and what was deleted',
    (_, options, open) => ({
      list: (given) => open({ ...options, now: () => 0 }).listSessions(given),
    }),
  ),
  broken(
    'counts pages by their place',
    'lists a session that stays on exactly one page, while others come and go',
    (list) => ({
      list: async ({ after = '0', limit = 100 } = {}) => {
        const { sessions } = await list({ limit: 1_000 });
        const end = Number(after) + limit;
        const page = sessions.slice(Number(after), end);
        return end < sessions.length ? { sessions: page, next: String(end) } : { sessions: page };
      },
    }),
  ),
  broken(
    'fails as a whole if it cannot read one session',
    'lists a session that cannot be read as such, and leaves it as it is',
    (list) => ({
      list: async (options) => {
        const page = await list(options);
        if (page.sessions.every(({ status }) => status !== 'unreadable')) return page;
        throw new AgentStoreError('CORRUPTED', 'What is stored cannot be read.');
      },
    }),
  ),
  broken('takes a list for a load', 'does not count a list as a load', (list, _, __, store) => ({
    list: async (options) => {
      const page = await list(options);
      for (const { contextId } of page.sessions) await store.load(contextId);
      return page;
    },
  })),
  broken(
    'lists after it is closed',
    'reports a list that fails, and refuses one that cannot work',
    (list) => {
      let last: SessionPage | undefined;
      return {
        list: async (options) => {
          if (options?.limit !== undefined) return list(options);
          try {
            last = await list(options);
          } catch (error) {
            if (last === undefined) throw error;
          }
          return last;
        },
      };
    },
  ),
];

function broken(
  defect: string,
  foundBy: string,
  change: (
    list: List,
    options: ContractStoreOptions,
    open: (options: ContractStoreOptions) => InMemoryAgentStore,
    store: InMemoryAgentStore,
  ) => { readonly list: List },
): BrokenList {
  return {
    defect,
    foundBy,
    createBackend: () => {
      const backend = createMemoryBackend();
      return {
        ...backend,
        open: (options) => {
          const store = backend.open(options);
          const { list } = change((given) => store.listSessions(given), options, backend.open, store);
          return {
            load: (id) => store.load(id),
            save: (id, state) => store.save(id, state),
            update: (id, update) => store.update(id, update),
            holder: () => store.holder(),
            delete: (id) => store.delete(id),
            peek: (id) => store.peek(id),
            close: () => store.close(),
            listSessions: list,
          };
        },
      };
    },
  };
}
