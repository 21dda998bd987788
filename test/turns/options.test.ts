import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createCore,
  type TurnCore,
  toChunkKey,
  toEventParts,
  toLeaseKey,
  toOwnerKey,
  toRequestKey,
} from '../../src/domain/turns/turn-core.js';
import {
  resolveTurnStoreOptions,
  type TurnStoreOptions,
  turnStoreOptionNames,
} from '../../src/domain/turns/turn-store-options.js';
import {
  createTurnStore,
  DynamoDBTurnStore,
  InMemoryRecordStore,
  InMemoryTurnStore,
  RedisTurnStore,
} from '../../src/stores.js';
import { runs } from '../property/options.js';

const agentId = 'support';
const refused = (option: string) =>
  expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringContaining(`"${option}"`) });
const resolve = (options: TurnStoreOptions) => resolveTurnStoreOptions(options, turnStoreOptionNames);

const prefixNames = [
  'leaseKeyPrefix',
  'eventKeyPrefix',
  'requestKeyPrefix',
  'ownerKeyPrefix',
  'partKeyPrefix',
  'contextKeyPrefix',
  'messageKeyPrefix',
] as const;
const numbers = [
  'leaseSeconds',
  'renewSeconds',
  'flushMs',
  'flushBytes',
  'maxLogEvents',
  'maxLogBytes',
  'logSeconds',
  'idempotencySeconds',
];

const wrong: (readonly [string, object])[] = [
  ['agentId', {}],
  ['agentId', { agentId: '' }],
  ['agentId', { agentId: '\ud800' }],
  ['agentKeyPrefix', { agentKeyPrefix: 5 }],
  ...prefixNames.flatMap((name): [string, object][] => [
    [name, { [name]: '\ud800' }],
    [name, { [name]: 5 }],
  ]),
  ...numbers.flatMap((name) =>
    [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5'].map((value): [string, object] => [
      name,
      { [name]: value },
    ]),
  ),
  ['renewSeconds', { renewSeconds: 6 }],
  ['renewSeconds', { leaseSeconds: 14 }],
  ['leaseSeconds', { leaseSeconds: 86_401 }],
  ['flushMs', { flushMs: 86_400_001 }],
  ['now', { now: 0 }],
  ['leaseSecond', { leaseSecond: 15 }],
];

describe('the options of the turn stores', () => {
  it('have defaults', () => {
    expect(resolve({ agentId })).toEqual({
      agentId,
      agentKeyPrefix: 'agent#',
      leaseKeyPrefix: 'lease#',
      eventKeyPrefix: 'event#',
      requestKeyPrefix: 'request#',
      ownerKeyPrefix: 'owner#',
      partKeyPrefix: 'part#',
      contextKeyPrefix: 'context#',
      messageKeyPrefix: 'message#',
      leaseSeconds: 15,
      renewSeconds: 5,
      flushMs: 250,
      flushBytes: 65_536,
      maxLogEvents: 100_000,
      maxLogBytes: 64_000_000,
      logSeconds: 3_600,
      idempotencySeconds: 86_400,
      now: Date.now,
    });
  });

  it.each(wrong)('refuse a wrong "%s": %j', (option, options) => {
    const given = option === 'agentId' ? options : { agentId, ...options };
    expect(() => Reflect.construct(InMemoryTurnStore, [given])).toThrow(refused(option));
  });

  it('refuse those of a backend as its agent store does', () => {
    expect(() => Reflect.construct(DynamoDBTurnStore, [{ agentId }])).toThrow(refused('tableName'));
    expect(() => Reflect.construct(RedisTurnStore, [{ agentId }])).toThrow(refused('client'));
    const records = new InMemoryRecordStore();
    expect(() => Reflect.apply(createTurnStore, null, [records, { agentId, ttl: 1 }])).toThrow(
      refused('ttl'),
    );
    expect(() => Reflect.construct(InMemoryTurnStore, [])).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION' }),
    );
  });

  it('refuse prefixes of which one is the start of another, whichever they are', () => {
    for (const [at, one] of prefixNames.entries()) {
      for (const other of prefixNames.slice(at + 1)) {
        for (const [first, second] of [
          ['a', 'a'],
          ['a', 'ab'],
          ['ab', 'a'],
          ['', 'a'],
        ])
          expect(() => resolve({ agentId, [one]: first, [other]: second })).toThrow(
            expect.objectContaining({ code: 'CONFIGURATION' }),
          );
        expect(() => resolve({ agentId, [one]: 'ab', [other]: 'ac' })).not.toThrow();
      }
    }
  });
});

describe('a store', () => {
  it('in memory has records of its own unless it is given some', async () => {
    const [one, other] = [new InMemoryTurnStore({ agentId }), new InMemoryTurnStore({ agentId })];
    expect(await one.claim('session', 'ann')).toBe(true);
    expect(await other.owner('session')).toBe(null);
  });

  it.each([
    [{}, ''],
    [{ keyPrefix: 'app:' }, 'app:'],
    [{ redisOptions: { keyPrefix: 'app:' } }, 'app:'],
  ])('in Redis lists keys as its client has them: %j', async (options, keyPrefix) => {
    const sent: unknown[] = [];
    const client = {
      ...{ del: async () => 0, evalBuffer: async () => 1, evalshaBuffer: async () => 1, options },
      getBuffer: async (key: string) => {
        sent.push(key);
        return null;
      },
      scan: async (...given: unknown[]): Promise<[string, string[]]> => {
        sent.push(given[2]);
        return ['0', [`${keyPrefix}agent#a%3Ab:lease#s%25`]];
      },
    };
    expect(await new RedisTurnStore({ agentId: 'a:b', client }).listRunningTurns()).toEqual([]);
    // The client itself puts its prefix before a key, but not before a pattern.
    expect(sent).toEqual([`${keyPrefix}agent#a%3Ab:lease#*`, 'agent#a%3Ab:lease#s%25']);
  });

  it('in Redis cannot list with a client that has no such command', async () => {
    const client = {
      getBuffer: async () => null,
      del: async () => 0,
      evalBuffer: async () => 1,
      evalshaBuffer: async () => 1,
    };
    await expect(new RedisTurnStore({ agentId, client }).listRunningTurns()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('"scan"'),
    });
  });
});

const id = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom('a', '#', '-', '0', '1', 'lease#', 'event#'),
    minLength: 1,
    maxLength: 5,
  }),
);
const turn = fc.stringMatching(/^[\w-]{1,8}$/);
const prefix = fc.oneof(
  fc.constant(undefined),
  fc.string({ unit: fc.constantFrom('a', '#', 'b', '-', '0'), maxLength: 3 }),
);

/** The key of a record, as a function of the options, and what it is for. */
const purpose = fc.oneof(
  id.map((session) => ({ is: `lease ${session}`, toKey: (core: TurnCore) => toLeaseKey(core, session) })),
  id.map((session) => ({ is: `owner ${session}`, toKey: (core: TurnCore) => toOwnerKey(core, session) })),
  fc.tuple(id, id).map(([session, key]) => ({
    is: `request ${JSON.stringify([session, key])}`,
    toKey: (core: TurnCore) => toRequestKey(core, session, key),
  })),
  fc.tuple(id, turn, fc.nat(12)).map(([session, name, chunk]) => ({
    is: `chunk ${JSON.stringify([session, name, chunk])}`,
    toKey: (core: TurnCore) => toChunkKey(core, session, name, chunk),
  })),
);

describe('the keys of turns', () => {
  it('are different for different kinds, sessions, turns and keys, whatever the prefixes and ids', async () => {
    const prefixes = fc.record({
      leaseKeyPrefix: prefix,
      eventKeyPrefix: prefix,
      requestKeyPrefix: prefix,
      ownerKeyPrefix: prefix,
    });
    await fc.assert(
      fc.asyncProperty(
        prefixes,
        fc.array(purpose, { minLength: 2, maxLength: 8 }),
        async (given, purposes) => {
          const settings = tryTo(() => resolve({ agentId, ...withoutUndefined(given) }));
          fc.pre(settings !== null);
          const core = createCore(settings, new InMemoryRecordStore());
          const different = new Map(purposes.map((each) => [each.is, each]));
          const keys = await Promise.all([...different.values()].map((each) => each.toKey(core)));
          expect(new Set(keys.map(({ sort }) => sort)).size).toBe(different.size);
          for (const { partition, sort } of keys) {
            expect(partition).toBe('agent#support');
            expect(sort.startsWith(settings.partKeyPrefix)).toBe(false);
          }
          for (const name of ['a-0', '0000.a-0', '0000~a-0']) {
            const { sort } = toEventParts(core, 'a').byName()(name);
            expect([sort.startsWith('part#'), sort.endsWith(name)]).toEqual([true, true]);
          }
        },
      ),
      { ...runs() },
    );
  });
});

function tryTo<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

function withoutUndefined(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
