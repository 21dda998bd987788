import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { CliIo } from '../io.js';
import { createDynamoDBClient } from '../stores/open-dynamodb.js';
import type { DynamoDBUrl } from '../stores/store-url.js';
import { examineItems } from './examine-items.js';
import { examineTable } from './examine-table.js';
import { type Finding, ok, problem } from './finding.js';
import { judgeClock } from './judge-clock.js';
import { watchServerTime } from './watch-server-time.js';

/** Looks at everything from the way to the server to each permission. It writes nothing. */
export async function examineDynamoDB(url: DynamoDBUrl, env: CliIo['env']): Promise<Finding[]> {
  const client = await createDynamoDBClient(url, env);
  const time = watchServerTime(client);
  try {
    const account = await examineAccount(client);
    // Without them, no request can be sent.
    if (account.some(({ result }) => result === 'problem')) return account;
    const { findings, isThere } = await examineTable(client, url);
    if (time.host === '') return [...account, ...findings];
    const endpoint = ok('endpoint', `${time.host} answers.`);
    const items = isThere ? await examineItems(client, url) : [];
    return [endpoint, ...account, ...findings, ...items, judgeClock(time.server, time.here)];
  } finally {
    client.destroy();
  }
}

async function examineAccount(client: DynamoDBClient): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    findings.push(ok('region', `It is ${await client.config.region()}.`));
  } catch {
    findings.push(problem('region', 'None is set. Name it in the URL, or set AWS_REGION.'));
  }
  try {
    const { accessKeyId, expiration } = await client.config.credentials();
    const until = expiration === undefined ? '' : `, valid until ${expiration.toISOString()}`;
    findings.push(ok('credentials', `The key ${accessKeyId.slice(0, 4)}… is used${until}.`));
  } catch (error) {
    const reason = String(Reflect.get(Object(error), 'name'));
    const advice =
      'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run it where a role is given.';
    findings.push(problem('credentials', `There are none (${reason}). ${advice}`));
  }
  return findings;
}
