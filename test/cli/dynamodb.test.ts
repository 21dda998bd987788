import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DynamoDBAgentStore } from '../../src/adapters/dynamodb/dynamodb-agent-store.js';
import { DynamoDBMessageStore } from '../../src/adapters/dynamodb/dynamodb-message-store.js';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';
import { cli, cliJson } from './harness.js';
import { putSession } from './sessions.js';

let endpoint: DynamoDBEndpoint;
const servers: Server[] = [];

beforeAll(async () => {
  endpoint = await startDynamoDB();
});

afterAll(async () => {
  await endpoint.close();
  for (const server of servers) server.close();
});

afterEach(() => vi.unstubAllEnvs());

const at = (table: string, url = endpoint.url, query = '') =>
  `dynamodb://us-east-1/${table}?agentId=support&endpoint=${encodeURIComponent(url)}${query}`;

/** A DynamoDB that answers each action as it is told, and refuses all others. */
async function startStandIn(
  answers: Readonly<Record<string, object>>,
  date?: Date | 'none',
): Promise<string> {
  const server = createServer((request, response) => {
    response.sendDate = date !== 'none';
    const action = String(request.headers['x-amz-target']).replace(/.*\./, '');
    const answer = answers[action];
    request.resume();
    const refusal = { __type: 'com.amazonaws.dynamodb#AccessDeniedException', message: 'You may not.' };
    response.writeHead(answer === undefined ? 400 : 200, {
      'content-type': 'application/x-amz-json-1.0',
      ...(date instanceof Date && { date: date.toUTCString() }),
    });
    response.end(JSON.stringify(answer ?? refusal));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const table = {
  Table: {
    TableStatus: 'ACTIVE',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
  },
};
const expiry = { TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'ttl' } };
const backups = {
  ContinuousBackupsDescription: {
    ContinuousBackupsStatus: 'ENABLED',
    PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'ENABLED' },
  },
};
const items = { GetItem: {}, PutItem: {}, DeleteItem: {}, Query: { Items: [], Count: 0 } };
const healthy = {
  DescribeTable: table,
  DescribeTimeToLive: expiry,
  DescribeContinuousBackups: backups,
  ...items,
};

/** What the doctor says of each thing, by its name. */
async function examine(url: string) {
  const { code, err, document } = await cliJson(['doctor', url]);
  const findings: Record<string, string> = {};
  for (const { check, result, says } of document.findings) findings[check] = `${result}: ${says}`;
  return { code, err, works: document.works, findings };
}

describe('table', () => {
  it('is created, and checked', async () => {
    const url = at('made-here');
    const missing = await cli(['table', 'check', url]);
    expect(missing).toMatchObject({
      code: 2,
      err: expect.stringContaining('The table "made-here" does not exist'),
    });
    const { code, out, err } = await cli(['table', 'create', url], { isTTY: true });
    expect([code, out]).toEqual([0, 'The table "made-here" can be used.\n']);
    expect(err).toContain('Creating the table "made-here" …');
    expect((await cliJson(['table', 'create', url])).document).toEqual({
      tableName: 'made-here',
      ready: true,
    });
    expect((await cli(['table', 'check', url])).out).toContain('has the right key and may be read');
    expect((await cliJson(['table', 'check', url])).document).toEqual({
      tableName: 'made-here',
      ready: true,
    });
  });

  it('is created with the key of the URL, which says itself what an agent is', async () => {
    const url = `dynamodb://us-east-1/own-key?endpoint=${encodeURIComponent(endpoint.url)}`;
    const own = `${url}&partitionKeyName=PK&sortKeyName=SK`;
    expect((await cli(['table', 'create', own])).code).toBe(0);
    const { code, err } = await cli(['table', 'check', url]);
    expect([code, err]).toEqual([2, expect.stringContaining('has another key schema')]);
  });

  it('is nothing that another backend has', async () => {
    const { code, err } = await cli(['table', 'create', 'redis://localhost?agentId=a']);
    expect([code, err]).toEqual([2, expect.stringContaining('Only DynamoDB has tables')]);
  });
});

describe('the sessions of a table', () => {
  it('are read with the names of the URL', async () => {
    const client = createClient(endpoint.url);
    const tableName = await createTable(client, 'PK', 'SK');
    const names = { partitionKeyName: 'PK', sortKeyName: 'SK' };
    const options = { agentId: 'support', tableName, documentClient: client, ...names };
    const agentStore = new DynamoDBAgentStore({ ...options, contextKeyPrefix: 'SESSION#' });
    const messageStore = new DynamoDBMessageStore({ ...options, contextKeyPrefix: 'SESSION#' });
    await putSession({ agentStore, messageStore }, 's');
    const url = at(
      tableName,
      endpoint.url,
      '&partitionKeyName=PK&sortKeyName=SK&contextKeyPrefix=SESSION%23',
    );
    expect((await cliJson(['sessions', 'list', url])).document.sessions).toMatchObject([{ contextId: 's' }]);
    expect((await cliJson(['sessions', 'show', url, 's'])).document).toMatchObject({ messages: 4 });
    client.destroy();
  });

  it('are found by the endpoint, the region and the credentials of the environment', async () => {
    const client = createClient(endpoint.url);
    const tableName = await createTable(client);
    client.destroy();
    const env = {
      AWS_ENDPOINT_URL_DYNAMODB: endpoint.url,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const { code, out } = await cli(['turns', 'list', `dynamodb:///${tableName}?agentId=a`], { env });
    expect([code, out]).toEqual([0, 'No turn runs.\n']);
  });

  it('are not there if nothing answers, which is no mistake in the command line', async () => {
    const { code, out, err } = await cli(['sessions', 'list', at('agent-state', 'http://127.0.0.1:1')]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^looopy-aws: .*Nothing listens there.*\n$/);
  });
});

describe('the doctor of a table', () => {
  it('finds nothing wrong', async () => {
    const { code, err, works, findings } = await examine(at('agent-state', await startStandIn(healthy)));
    expect([code, err, works]).toEqual([0, '', true]);
    expect(findings).toEqual({
      endpoint: 'ok: 127.0.0.1 answers.',
      region: 'ok: It is us-east-1.',
      credentials: 'ok: The key loca… is used.',
      table: 'ok: "agent-state" is ACTIVE.',
      'key schema': 'ok: It is pk (S), sk (S).',
      expiry: 'ok: It is on, by the attribute "ttl".',
      backups: 'ok: Point-in-time recovery is on.',
      'dynamodb:GetItem': 'ok: It is allowed.',
      'dynamodb:PutItem': 'ok: It is allowed.',
      'dynamodb:DeleteItem': 'ok: It is allowed.',
      'dynamodb:Query': 'ok: It is allowed.',
      clock: 'ok: It agrees with that of the server.',
    });
  });

  it('writes nothing, and is content with a table of an emulator', async () => {
    const client = createClient(endpoint.url);
    const tableName = await createTable(client);
    const { code, findings } = await examine(at(tableName));
    expect(code).toBe(0);
    expect(findings['dynamodb:PutItem']).toBe('ok: It is allowed.');
    const { document } = await cliJson(['sessions', 'list', at(tableName)]);
    expect(document.sessions).toEqual([]);
    client.destroy();
  });

  it('says of each permission that is missing whether it keeps the store from working', async () => {
    const { code, err, findings } = await examine(at('agent-state', await startStandIn({ GetItem: {} })));
    expect([code, err]).toEqual([1, 'looopy-aws: The store does not work: 2 problems.\n']);
    expect(findings).toMatchObject({
      table: expect.stringMatching(/^skipped: It cannot be seen\. Allow dynamodb:DescribeTable/),
      'dynamodb:GetItem': 'ok: It is allowed.',
      'dynamodb:PutItem': expect.stringMatching(/^problem: .*Allow dynamodb:PutItem on it/),
      'dynamodb:DeleteItem': expect.stringMatching(/^problem: .*Allow dynamodb:DeleteItem on it/),
      'dynamodb:Query': expect.stringMatching(/^warning: .*Allow dynamodb:Query on it\. Listing/),
    });
  });

  it('only warns of an expiry and of backups that are off, or cannot be seen', async () => {
    const off = {
      ...healthy,
      DescribeTimeToLive: { TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } },
      DescribeContinuousBackups: { ContinuousBackupsDescription: { ContinuousBackupsStatus: 'ENABLED' } },
    };
    const { code, findings } = await examine(at('agent-state', await startStandIn(off)));
    expect(code).toBe(0);
    expect(findings.expiry).toMatch(/^warning: It is off.*Turn it on with "table create"/);
    expect(findings.backups).toMatch(/^warning: Point-in-time recovery is off/);
    const unseen = await examine(at('agent-state', await startStandIn({ DescribeTable: table, ...items })));
    expect(unseen.findings.expiry).toMatch(/^skipped: .*Allow dynamodb:DescribeTimeToLive/);
    expect(unseen.findings.backups).toMatch(/^skipped: .*Allow dynamodb:DescribeContinuousBackups/);
  });

  it('finds an expiry by another attribute, and one that is not told of', async () => {
    const url = at('agent-state', await startStandIn(healthy), '&ttlAttributeName=expires');
    expect((await examine(url)).findings.expiry).toMatch(
      /^warning: .*by the attribute "ttl", and not "expires"/,
    );
    const silent = { ...healthy, DescribeTimeToLive: {}, DescribeContinuousBackups: {} };
    const { findings } = await examine(at('agent-state', await startStandIn(silent)));
    expect(findings.expiry).toMatch(/^warning: It is off/);
    expect(findings.backups).toMatch(/^warning/);
  });

  it('finds another key, a table that is being removed, and one that is not there', async () => {
    const other = { Table: { TableStatus: 'DELETING', KeySchema: [{ KeyType: 'HASH' }] } };
    const wrong = await examine(at('agent-state', await startStandIn({ ...healthy, DescribeTable: other })));
    expect(wrong.code).toBe(1);
    expect(wrong.findings.table).toMatch(/^problem: "agent-state" is DELETING/);
    expect(wrong.findings['key schema']).toMatch(
      /^problem: It is {2}\(undefined\) and not pk \(S\), sk \(S\)/,
    );
    const empty = await examine(at('agent-state', await startStandIn({ ...healthy, DescribeTable: {} })));
    expect(empty.findings['key schema']).toMatch(/^problem/);
    const missing = await examine(at('not-there'));
    expect(missing.code).toBe(1);
    expect(missing.findings.table).toMatch(/^problem: The table "not-there" does not exist/);
    expect(Object.keys(missing.findings)).not.toContain('dynamodb:GetItem');
  });

  it('compares the clocks', async () => {
    const { findings } = await examine(at('agent-state', await startStandIn(healthy, new Date(0))));
    expect(findings.clock).toMatch(/^problem: It is \d+ seconds off: requests are refused/);
  });

  it('cannot compare with a server that does not say what time it is', async () => {
    const { code, findings } = await examine(at('agent-state', await startStandIn(healthy, 'none')));
    expect([code, findings.clock]).toEqual([0, 'skipped: The server does not say what time it is.']);
    expect(findings.endpoint).toBe('ok: 127.0.0.1 answers.');
  });

  it('finds that nothing answers', async () => {
    const { code, findings } = await examine(at('agent-state', 'http://127.0.0.1:1'));
    expect(code).toBe(1);
    expect(findings.table).toMatch(/^problem: Nothing listens there/);
    expect(findings.clock).toBeUndefined();
  });

  it('finds that there are no credentials, and no region', async () => {
    for (const name of ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE'])
      vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
    const { code, findings } = await examine('dynamodb:///agent-state');
    expect(code).toBe(1);
    expect(findings).toEqual({
      region: 'problem: None is set. Name it in the URL, or set AWS_REGION.',
      credentials: expect.stringMatching(
        /^problem: There are none \(CredentialsProviderError\)\. Set AWS_PROFILE/,
      ),
    });
  });

  it('says until when credentials are valid', async () => {
    const expiration = '2030-01-01T00:00:00.000Z';
    for (const [name, value] of Object.entries({
      AWS_ACCESS_KEY_ID: 'AKIA1234567890',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_SESSION_TOKEN: 'test',
      AWS_CREDENTIAL_EXPIRATION: expiration,
    }))
      vi.stubEnv(name, value);
    const url = at('agent-state', await startStandIn(healthy));
    const { document } = await cliJson(['doctor', url], { env: { AWS_ACCESS_KEY_ID: 'AKIA1234567890' } });
    expect(document.findings).toContainEqual({
      check: 'credentials',
      result: 'ok',
      says: `The key AKIA… is used, valid until ${expiration}.`,
    });
  });
});
