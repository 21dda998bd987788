import { randomUUID } from 'node:crypto';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';

/** By hand, what it takes to lose no update and to bring no expired session back: a save and a load a call. */
export function createConditionalItem(client: DynamoDBDocumentClient, TableName: string, state: unknown) {
  const Key = { pk: 'by-hand', sk: 'session-with-revision' };
  let stored: string | undefined;
  return async () => {
    const revision = randomUUID();
    const Item = {
      ...Key,
      revision,
      entityType: 'agent-state',
      updatedAt: new Date().toISOString(),
      state,
    };
    await client.send(new PutCommand({ TableName, Item, ...(stored && createCondition(stored)) }));
    stored = revision;
    const output = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    return output.Item?.state;
  };
}

function createCondition(revision: string) {
  const isStored = '#revision = :revision';
  return {
    ConditionExpression: `${isStored} AND attribute_not_exists(#ttl) OR ${isStored} AND NOT #ttl <= :now`,
    ExpressionAttributeNames: { '#revision': 'revision', '#ttl': 'ttl' },
    ExpressionAttributeValues: { ':revision': revision, ':now': Math.floor(Date.now() / 1000) },
  };
}
