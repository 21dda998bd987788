import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

interface SentRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * A client of DynamoDB without a network: each request is made and signed, each answer parsed. Every read finds the first item that
 * was written.
 */
export function createInProcessDynamoDB(): DynamoDBDocumentClient {
  let found = '{}';
  const client = new DynamoDBClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: {
      handle: async ({ headers, body }: SentRequest) => {
        const isWrite = headers['x-amz-target']?.endsWith('.PutItem') ?? false;
        if (isWrite && found === '{}')
          found = JSON.stringify({ Item: JSON.parse(new TextDecoder().decode(body)).Item });
        const answer = Buffer.from(isWrite ? '{}' : found);
        return { response: { statusCode: 200, headers: {}, body: answer } };
      },
    },
  });
  return DynamoDBDocumentClient.from(client);
}
