import { type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Message } from '../../dist/domain/message-store.js';

const pk = 'agent#by-hand';

/** The obvious store: a message is an item under a key that counts up, and a Query reads the newest. */
export class ItemPerMessage {
  readonly #client: DynamoDBDocumentClient;
  readonly #tableName: string;
  #count = 0;

  constructor(client: DynamoDBDocumentClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async append(message: Message): Promise<void> {
    const Item = toMessageItem(message, this.#count++);
    await this.#client.send(new PutCommand({ TableName: this.#tableName, Item }));
  }

  /** The newest messages, oldest first. */
  async open(count: number): Promise<unknown[]> {
    const items: unknown[] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const page = await this.#client.send(
        new QueryCommand({
          TableName: this.#tableName,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': pk },
          ScanIndexForward: false,
          ConsistentRead: true,
          Limit: count - items.length,
          ExclusiveStartKey: start,
        }),
      );
      items.push(...(page.Items ?? []));
      start = page.LastEvaluatedKey;
    } while (start !== undefined && items.length < count);
    return items.reverse();
  }
}

export function toMessageItem({ role, content }: Message, index: number) {
  const sk = `message#session#${String(index).padStart(10, '0')}`;
  return { pk, sk, role, content, at: new Date().toISOString() };
}
