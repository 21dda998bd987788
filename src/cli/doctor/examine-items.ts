import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBUrl } from '../stores/store-url.js';
import { type Finding, ok, problem, warning } from './finding.js';
import { attempt } from './refusal.js';

/** Tries each permission on an item that is not there, in the partition of the agent. None of the requests changes anything. */
export async function examineItems(client: DynamoDBClient, url: DynamoDBUrl): Promise<Finding[]> {
  const { DeleteItemCommand, GetItemCommand, PutItemCommand, QueryCommand } = await import(
    '@aws-sdk/client-dynamodb'
  );
  const { tableName: TableName, agentId } = url;
  const { partitionKeyName = 'pk', sortKeyName = 'sk' } = url.attributeNames;
  const partition: AttributeValue = { S: `${url.prefixes.agentKeyPrefix ?? 'agent#'}${agentId}` };
  const Key = { [partitionKeyName]: partition, [sortKeyName]: { S: `doctor#${crypto.randomUUID()}` } };
  // Is never met, so that nothing is written; DynamoDB looks at the permission before.
  const condition = {
    ConditionExpression: 'attribute_exists(#key)',
    ExpressionAttributeNames: { '#key': partitionKeyName },
  };
  const query = {
    TableName,
    KeyConditionExpression: '#key = :partition',
    ExpressionAttributeNames: condition.ExpressionAttributeNames,
    ExpressionAttributeValues: { ':partition': partition },
    Limit: 1,
  };
  const requests = [
    ['GetItem', () => client.send(new GetItemCommand({ TableName, Key }))],
    ['PutItem', () => client.send(new PutItemCommand({ TableName, Item: Key, ...condition }))],
    ['DeleteItem', () => client.send(new DeleteItemCommand({ TableName, Key, ...condition }))],
    ['Query', () => client.send(new QueryCommand(query))],
  ] as const;
  const findings: Finding[] = [];
  for (const [action, send] of requests) {
    const result = await attempt<unknown>(send(), TableName, action);
    const isAllowed = 'output' in result || result.refusal.name === 'ConditionalCheckFailedException';
    findings.push(
      isAllowed ? ok(`dynamodb:${action}`, 'It is allowed.') : refused(action, result.refusal.says),
    );
  }
  return findings;
}

function refused(action: string, says: string): Finding {
  const check = `dynamodb:${action}`;
  if (action !== 'Query') return problem(check, says);
  return warning(check, `${says} Listing, erasing and pruning need it; agents do not.`);
}
