import type { RecordStore } from '../../src/domain/record-store.js';
import type { HeldTurn, LogItem, RunningTurn, TurnStore } from '../../src/domain/turn-store.js';
import { interruptedNumber } from '../../src/domain/turn-store.js';
import { createTurnStore } from '../../src/domain/turns/create-turn-store.js';
import type { TurnContractBackend, TurnContractOptions } from '../../src/testing/index.js';
import { createMemoryTurnBackend } from '../backends/memory-backend.js';

/** A turn store with one defect, and the case of the contract that must find it. */
export interface BrokenTurnStore {
  readonly defect: string;
  readonly foundBy: string;
  readonly createBackend: () => TurnContractBackend;
}

type Change = (store: TurnStore, options: TurnContractOptions, records: RecordStore) => Partial<TurnStore>;

/** A store of which some methods are replaced by broken ones. */
function withMethods(change: Change) {
  return () =>
    createMemoryTurnBackend((options, records) => {
      const store = createTurnStore(records, options);
      return { ...bind(store), ...change(store, options, records) };
    });
}

/** A store whose turns are broken. */
function withTurns(change: (turn: HeldTurn) => Partial<HeldTurn>) {
  return withMethods((store) => ({
    begin: async (contextId, request) => {
      const start = await store.begin(contextId, request);
      return start.outcome === 'begun' ? { ...start, turn: { ...start.turn, ...change(start.turn) } } : start;
    },
  }));
}

/** A store whose records are broken. */
function withRecords(change: (records: RecordStore) => Partial<RecordStore>) {
  return () =>
    createMemoryTurnBackend((options, records) => {
      const broken = {
        get: records.get.bind(records),
        put: records.put.bind(records),
        delete: records.delete.bind(records),
        keys: records.keys.bind(records),
        ...change(records),
      };
      return createTurnStore(broken, options);
    });
}

/** A store with other options than those that it is given. */
function withOptions(change: (options: TurnContractOptions) => TurnContractOptions) {
  return () => createMemoryTurnBackend((options, records) => createTurnStore(records, change(options)));
}

/** A store whose logs are read wrongly. */
function withLog(change: (items: AsyncIterable<LogItem>, after: number) => AsyncGenerator<LogItem>) {
  return withMethods((store) => ({
    read: (contextId, turn, after, signal) => change(store.read(contextId, turn, after, signal), after),
  }));
}

function bind(store: TurnStore): TurnStore {
  return {
    begin: (contextId, request) => store.begin(contextId, request),
    runningTurn: (contextId) => store.runningTurn(contextId),
    read: (contextId, turn, after, signal) => store.read(contextId, turn, after, signal),
    cancel: (contextId) => store.cancel(contextId),
    claim: (contextId, owner) => store.claim(contextId, owner),
    owner: (contextId) => store.owner(contextId),
    disown: (contextId) => store.disown(contextId),
    listRunningTurns: () => store.listRunningTurns(),
    close: () => store.close(),
  };
}

export const brokenTurnStores: readonly BrokenTurnStore[] = [
  {
    defect: 'looks, and then takes the lease whatever is there',
    foundBy: 'lets one of several begin that come at once',
    createBackend: withRecords((records) => ({ put: (key, record) => records.put(key, record, null) })),
  },
  {
    defect: 'lets several turns of a session run',
    foundBy: 'begins a turn if none of the session runs, and says which one does',
    createBackend: withOptions((options) => ({ ...options, leaseKeyPrefix: `${Math.random()}` })),
  },
  {
    defect: 'counts tokens from the time',
    foundBy: 'gives each turn a larger token: after an end, after one that was given up, and after any time',
    createBackend: withMethods((store, { now = Date.now }) => ({
      begin: async (contextId, request) => {
        const fencingToken = now();
        const start = await store.begin(contextId, request);
        return start.outcome === 'begun' ? { ...start, turn: { ...start.turn, fencingToken } } : start;
      },
    })),
  },
  {
    defect: 'counts tokens from one',
    foundBy: 'gives each turn a larger token: after an end, after one that was given up, and after any time',
    createBackend: withTurns(() => ({ fencingToken: 1 })),
  },
  {
    defect: 'takes a lease over as soon as its time has passed',
    foundBy: 'begins no turn before the whole time of the lease has passed, and five seconds more',
    createBackend: withMethods((_, options, records) => {
      const { now = Date.now } = options;
      const hasty = createTurnStore(records, { ...options, now: () => now() + 5_000 });
      return { runningTurn: (contextId) => hasty.runningTurn(contextId) };
    }),
  },
  {
    defect: 'never takes over a lease',
    foundBy: 'begins no turn before the whole time of the lease has passed, and five seconds more',
    createBackend: withOptions((options) => ({ ...options, now: () => 1_800_000_000_000 })),
  },
  {
    defect: 'never renews',
    foundBy: 'stops a turn whose lease somebody else has taken',
    createBackend: withTurns(() => ({
      onStop: (listener) => void setTimeout(() => listener('cancelled'), 20),
    })),
  },
  {
    defect: 'stops nothing that has lost its lease',
    foundBy: 'stops a turn when two thirds of the time have passed without a renewal',
    createBackend: withTurns(() => ({ onStop: (listener) => listener('cancelled') })),
  },
  {
    defect: 'stops a turn that renews its lease',
    foundBy: 'renews a lease as long as its turn runs',
    createBackend: withTurns(() => ({ onStop: (listener) => listener('lost') })),
  },
  {
    defect: 'counts a turn that was given up',
    foundBy: 'counts the turns and the tokens of a session',
    createBackend: withTurns((turn) => ({
      abandon: async () => void (await turn.end({ kind: 'x', data: '{}' })),
    })),
  },
  {
    defect: 'writes a log for a turn that was given up',
    foundBy: 'leaves nothing of a turn that was given up',
    createBackend: withTurns((turn) => ({
      abandon: async () => void (await turn.end({ kind: 'x', data: '{}' })),
    })),
  },
  {
    defect: 'resolves a cancel that it has only noted down',
    foundBy: 'resolves a cancel not before the turn has ended',
    createBackend: withMethods((store) => ({
      cancel: async (contextId) => {
        void store.cancel(contextId);
        return true;
      },
    })),
  },
  {
    defect: 'says that it has cancelled something',
    foundBy: 'has nothing to cancel if no turn runs',
    createBackend: withMethods((store) => ({
      cancel: async (contextId) => {
        await store.cancel(contextId);
        return true;
      },
    })),
  },
  {
    defect: 'reads the log from its beginning',
    foundBy: 'keeps what a turn has said, for every store, from any event on, and nothing beyond its end',
    createBackend: withMethods((store) => ({
      read: (contextId, turn, _, signal) => store.read(contextId, turn, 0, signal),
    })),
  },
  {
    defect: 'tells an event twice',
    foundBy: 'lets a log be heard while it is written, by all who come, each event once and in order',
    createBackend: withLog(async function* (items) {
      for await (const item of items) {
        yield item;
        if ('kind' in item && item.number === 20) yield item;
      }
    }),
  },
  {
    defect: 'frees the lease before the end is in the log',
    foundBy: 'has the end in the log before the lease is free',
    createBackend: withTurns((turn) => ({
      end: async (last) => {
        await turn.abandon();
        await new Promise((resolve) => setTimeout(resolve, 50));
        return turn.end(last);
      },
    })),
  },
  {
    defect: 'skips what is no longer held',
    foundBy: 'says which events are no longer held when they are too many, and holds the newest',
    createBackend: withLog(async function* (items) {
      for await (const item of items) if ('kind' in item) yield item;
    }),
  },
  {
    defect: 'holds everything',
    foundBy: 'says which events are no longer held when they are too many, and holds the newest',
    createBackend: withOptions(({ maxLogEvents: _, maxLogBytes: __, ...options }) => options),
  },
  {
    defect: 'keeps logs for ever',
    foundBy: 'keeps a log for as long as it is told, and says then that nothing is held',
    createBackend: withOptions(({ logSeconds: _, ...options }) => ({ ...options, logSeconds: 1e9 })),
  },
  {
    defect: 'does not say that it knows nothing',
    foundBy: 'knows nothing of a turn that never was, and says so',
    createBackend: withLog(async function* (items) {
      for await (const item of items) if ('kind' in item) yield item;
    }),
  },
  {
    defect: 'lets an interrupted turn end as it likes',
    foundBy: 'lets the end count that others have written for a turn that was only suspended',
    createBackend: withTurns((turn) => ({
      end: async (last) => {
        const { number } = await turn.end(last);
        return { ...last, number: Math.min(number, 4) };
      },
    })),
  },
  {
    defect: 'leaves the log of a turn open whose process has vanished',
    foundBy: 'ends the log of a turn whose process has vanished, for all who hear it',
    createBackend: withLog(async function* (items) {
      for await (const item of items) if (!('kind' in item) || item.number < interruptedNumber) yield item;
    }),
  },
  {
    defect: 'runs a request again that was interrupted',
    foundBy: 'runs no second time what was interrupted, although it has said nothing',
    createBackend: withOptions((options) => ({ ...options, idempotencySeconds: 1 })),
  },
  {
    defect: 'knows no keys',
    foundBy: 'joins the turn of the same request while it runs, and hears it when it has ended',
    createBackend: withMethods((store) => ({
      begin: (contextId, { turn, holder }) => store.begin(contextId, { turn, holder }),
    })),
  },
  {
    defect: 'does not compare requests',
    foundBy: 'refuses another request under the same key',
    createBackend: withMethods((store) => ({
      begin: (contextId, { idempotency, ...request }) =>
        store.begin(contextId, {
          ...request,
          ...(idempotency !== undefined && { idempotency: { ...idempotency, hash: '' } }),
        }),
    })),
  },
  {
    defect: 'has one key for all sessions',
    foundBy: 'keeps keys apart, and those of sessions',
    createBackend: withMethods((store) => {
      const known = new Map<string, string>();
      return {
        begin: async (contextId, request) => {
          const key = request.idempotency?.key ?? request.turn;
          const turn = known.get(key);
          if (turn !== undefined) return { outcome: 'repeated', turn };
          known.set(key, request.turn);
          return store.begin(contextId, request);
        },
      };
    }),
  },
  {
    defect: 'keeps the key of a turn that was given up',
    foundBy: 'runs a request again whose turn was given up',
    createBackend: withTurns((turn) => ({
      abandon: async () => void (await turn.end({ kind: 'x', data: '{}' })),
    })),
  },
  {
    defect: 'makes the last one the owner',
    foundBy: 'makes whoever is first the owner, for every store and for ever',
    createBackend: withMethods((store) => ({
      claim: async (contextId, owner) => {
        await store.disown(contextId);
        return store.claim(contextId, owner);
      },
    })),
  },
  {
    defect: 'tells several that they are the owner',
    foundBy: 'makes one of several the owner that claim at once',
    createBackend: withMethods((store) => ({
      claim: async (contextId, owner) => {
        const isFree = (await store.owner(contextId)) === null;
        return (await store.claim(contextId, owner)) || isFree;
      },
    })),
  },
  {
    defect: 'remembers owners',
    foundBy: "makes a session nobody's, for the next one to claim",
    createBackend: withMethods((store) => {
      const owners = new Map<string, string>();
      return {
        claim: async (contextId, owner) => {
          const isOwner = owners.has(contextId)
            ? owners.get(contextId) === owner
            : await store.claim(contextId, owner);
          if (isOwner) owners.set(contextId, owner);
          return isOwner;
        },
      };
    }),
  },
  {
    defect: 'lists one page',
    foundBy: 'lists them all, whatever the ids of their sessions, and those of no other agent',
    createBackend: withMethods((store) => ({
      listRunningTurns: async () => (await store.listRunningTurns()).slice(0, 100),
    })),
  },
  {
    defect: 'lists turns that have ended',
    foundBy: 'lists the turns that run, since when, where, and what they have used',
    createBackend: withMethods((store) => {
      const listed = new Map<string, RunningTurn>();
      return {
        listRunningTurns: async () => {
          for (const turn of await store.listRunningTurns()) listed.set(turn.turn, turn);
          return [...listed.values()];
        },
      };
    }),
  },
  {
    defect: 'ignores prefixes',
    foundBy: 'hides turns and owners behind other prefixes, and shows them again',
    createBackend: withOptions(
      ({ agentKeyPrefix: _, leaseKeyPrefix: __, ownerKeyPrefix: ___, ...options }) => options,
    ),
  },
  {
    defect: 'takes what it cannot read for absent',
    foundBy: 'says which record cannot be read, and leaves it as it is',
    createBackend: withRecords((records) => ({
      get: async (key) => {
        const record = await records.get(key);
        return record?.revision === 'unreadable' ? null : record;
      },
    })),
  },
  {
    defect: 'can be used after it is closed',
    foundBy: 'is closed once, after the calls under way',
    createBackend: withMethods(() => ({ close: async () => undefined })),
  },
];
