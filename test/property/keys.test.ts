import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DynamoDBAgentStore } from '../../src/adapters/dynamodb/index.js';
import { createState } from '../../src/testing/fixtures.js';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';
import { backendKinds } from './backends.js';
import { runs } from './options.js';

/** Any text, and often text that only a careful join of two parts keeps apart. */
const part = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom('a', ':', '#', '/', '%', '{', '}', '\\', '2', '3', 'A'),
    minLength: 1,
    maxLength: 6,
  }),
);
const prefix = fc.oneof(fc.constantFrom('', 'agent#', ':', '{', '}'), part);
const pair = fc.record({ agentId: part, contextId: part });

/** The same text cut in two at another place, besides two pairs that have nothing to do with each other. */
const twoPairs = fc.oneof(
  fc.tuple(pair, pair),
  fc.tuple(pair, fc.nat()).map(([first, at]) => {
    const joined = `${first.agentId}${first.contextId}`;
    const cut = 1 + (at % (joined.length - 1));
    return [first, { agentId: joined.slice(0, cut), contextId: joined.slice(cut) }] as const;
  }),
);

describe.each(backendKinds)('on $name', (kind) => {
  beforeAll(() => kind.start());
  afterAll(() => kind.stop());

  it('gives different sessions different keys, whatever the prefixes', async () => {
    await fc.assert(
      fc.asyncProperty(
        twoPairs,
        prefix,
        prefix,
        async ([first, second], agentKeyPrefix, contextKeyPrefix) => {
          fc.pre(first.agentId !== second.agentId || first.contextId !== second.contextId);
          fc.pre(second.agentId.isWellFormed() && second.contextId.isWellFormed());
          const backend = kind.create();
          const options = { agentKeyPrefix, contextKeyPrefix };
          await backend.open({ ...options, agentId: first.agentId }).save(first.contextId, createState(1));
          await backend.open({ ...options, agentId: second.agentId }).save(second.contextId, createState(2));
          const reader = backend.open({ ...options, agentId: first.agentId });
          expect((await reader.load(first.contextId))?.turnCount).toBe(1);
        },
      ),
      runs(),
    );
  });

  it('hides the same ids behind another prefix, and shows them again', async () => {
    await fc.assert(
      fc.asyncProperty(
        pair,
        prefix,
        prefix,
        async ({ agentId, contextId }, agentKeyPrefix, contextKeyPrefix) => {
          fc.pre(agentKeyPrefix !== 'agent#' || contextKeyPrefix !== 'context#');
          fc.pre(`agent#${agentId}context#` !== `${agentKeyPrefix}${agentId}${contextKeyPrefix}`);
          const backend = kind.create();
          await backend.open({ agentId }).save(contextId, createState(1));
          const elsewhere = backend.open({ agentId, agentKeyPrefix, contextKeyPrefix });
          expect(await elsewhere.load(contextId)).toBe(null);
          await elsewhere.save(contextId, createState(2));
          expect((await backend.open({ agentId }).load(contextId))?.turnCount).toBe(1);
        },
      ),
      runs(),
    );
  });
});

describe('an item in DynamoDB', () => {
  const keyNames = [
    ['pk', 'sk'],
    ['PK', 'SK'],
    ['agent id', 'context.id'],
    ['clé', 'ключ'],
    ['#name', ':value'],
  ] as const;
  const tables: { tableName: string; partitionKeyName: string; sortKeyName: string }[] = [];
  let endpoint: DynamoDBEndpoint;
  let client: ReturnType<typeof createClient>;

  beforeAll(async () => {
    endpoint = await startDynamoDB();
    client = createClient(endpoint.url);
    for (const [partitionKeyName, sortKeyName] of keyNames) {
      tables.push({
        tableName: await createTable(client, partitionKeyName, sortKeyName),
        partitionKeyName,
        sortKeyName,
      });
    }
  });
  afterAll(async () => {
    client.destroy();
    await endpoint.close();
  });

  it('carries exactly the configured attribute names', async () => {
    const attributeName = fc.oneof(fc.constantFrom('ttl', 'expires', 'a.b', '#', 'size'), part);
    await fc.assert(
      fc.asyncProperty(fc.nat(), pair, prefix, prefix, attributeName, fc.boolean(), async (...given) => {
        const [at, { agentId, contextId }, agentKeyPrefix, contextKeyPrefix, ttlAttributeName, expires] =
          given;
        const table = tables[at % tables.length];
        fc.pre(
          table !== undefined &&
            ![...Object.values(table), 'state', 'revision', '__proto__'].includes(ttlAttributeName),
        );
        const store = new DynamoDBAgentStore({
          ...table,
          agentId,
          agentKeyPrefix,
          contextKeyPrefix,
          ttlAttributeName,
          documentClient: client,
          concurrency: 'last-write-wins',
          ...(expires && { ttlSeconds: 60 }),
        });
        const { pendingToolInputs: _, pendingAuthRequests: __, ...state } = createState(1);
        await store.save(contextId, state);
        const Key = {
          [table.partitionKeyName]: { S: `${agentKeyPrefix}${agentId}` },
          [table.sortKeyName]: { S: `${contextKeyPrefix}${contextId}` },
        };
        const { Item = {} } = await client.send(new GetItemCommand({ TableName: table.tableName, Key }));
        const own = ['entityType', 'state', 'updatedAt', 'revision'];
        const expected = [...Object.keys(Key), ...own, ...(expires ? [ttlAttributeName] : [])];
        expect(Object.keys(Item).sort()).toEqual(expected.sort());
      }),
      runs(),
    );
  });
});
