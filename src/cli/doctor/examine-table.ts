import type { DynamoDBClient, TableDescription } from '@aws-sdk/client-dynamodb';
import type { DynamoDBUrl } from '../stores/store-url.js';
import { type Finding, ok, problem, skipped, warning } from './finding.js';
import { attempt } from './refusal.js';

const denied = 'AccessDeniedException';

/** Looks at the table, as far as it is allowed: an agent needs no permission for that. */
export async function examineTable(
  client: DynamoDBClient,
  url: DynamoDBUrl,
): Promise<{ readonly findings: Finding[]; readonly isThere: boolean }> {
  const { DescribeTableCommand } = await import('@aws-sdk/client-dynamodb');
  const { tableName } = url;
  const command = new DescribeTableCommand({ TableName: tableName });
  const result = await attempt(client.send(command), tableName, 'DescribeTable');
  if ('output' in result) {
    const findings = [...judgeTable(result.output.Table, url), await examineExpiry(client, url)];
    return { findings: [...findings, await examineBackups(client, url)], isThere: true };
  }
  const { name, says } = result.refusal;
  if (name !== denied) return { findings: [problem('table', says)], isThere: false };
  return { findings: [skipped('table', unseen('DescribeTable'))], isThere: true };
}

function judgeTable(table: TableDescription | undefined, url: DynamoDBUrl): Finding[] {
  const { partitionKeyName = 'pk', sortKeyName = 'sk' } = url.attributeNames;
  const status = table?.TableStatus;
  const works = status === 'ACTIVE' || status === 'UPDATING';
  const isThere = works
    ? ok('table', `"${url.tableName}" is ${status}.`)
    : problem('table', `"${url.tableName}" is ${status}. Wait until it is ACTIVE, or restore it.`);
  const types = new Map(table?.AttributeDefinitions?.map((each) => [each.AttributeName, each.AttributeType]));
  const key = (table?.KeySchema ?? []).map(
    ({ AttributeName = '' }) => `${AttributeName} (${types.get(AttributeName)})`,
  );
  const expected = `${partitionKeyName} (S), ${sortKeyName} (S)`;
  if (key.join(', ') === expected) return [isThere, ok('key schema', `It is ${expected}.`)];
  const advice =
    'Name its attributes by &partitionKeyName= and &sortKeyName= in the URL, or use another table.';
  return [isThere, problem('key schema', `It is ${key.join(', ')} and not ${expected}. ${advice}`)];
}

async function examineExpiry(client: DynamoDBClient, url: DynamoDBUrl): Promise<Finding> {
  const { DescribeTimeToLiveCommand } = await import('@aws-sdk/client-dynamodb');
  const { tableName, attributeNames } = url;
  const expected = attributeNames.ttlAttributeName ?? 'ttl';
  const command = new DescribeTimeToLiveCommand({ TableName: tableName });
  const result = await attempt(client.send(command), tableName, 'DescribeTimeToLive');
  if ('refusal' in result) return skipped('expiry', unseen('DescribeTimeToLive'));
  const { TimeToLiveStatus: status, AttributeName: name } = result.output.TimeToLiveDescription ?? {};
  if (status !== 'ENABLED' && status !== 'ENABLING')
    return warning(
      'expiry',
      'It is off: what has expired stays in the table. Turn it on with "table create".',
    );
  if (name === expected) return ok('expiry', `It is on, by the attribute "${name}".`);
  const advice = `Name it by &ttlAttributeName= in the URL and to your stores, or turn on "${expected}".`;
  return warning('expiry', `It is on by the attribute "${name}", and not "${expected}". ${advice}`);
}

async function examineBackups(client: DynamoDBClient, { tableName }: DynamoDBUrl): Promise<Finding> {
  const { DescribeContinuousBackupsCommand } = await import('@aws-sdk/client-dynamodb');
  const command = new DescribeContinuousBackupsCommand({ TableName: tableName });
  const result = await attempt(client.send(command), tableName, 'DescribeContinuousBackups');
  if ('refusal' in result) return skipped('backups', unseen('DescribeContinuousBackups'));
  const { PointInTimeRecoveryDescription: recovery } = result.output.ContinuousBackupsDescription ?? {};
  if (recovery?.PointInTimeRecoveryStatus === 'ENABLED')
    return ok('backups', 'Point-in-time recovery is on.');
  const advice = 'Turn it on if what is lost must come back: aws dynamodb update-continuous-backups.';
  return warning('backups', `Point-in-time recovery is off. ${advice}`);
}

function unseen(action: string): string {
  return `It cannot be seen. Allow dynamodb:${action} to whoever runs this; agents do not need it.`;
}
