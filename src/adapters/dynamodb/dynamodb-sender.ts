/**
 * A client of DynamoDB: a `DynamoDBClient`, a `DynamoDBDocumentClient`, or anything that sends the client package's own
 * commands. No option of it changes what is stored.
 *
 * @example
 * const client = new DynamoDBClient({});
 * const counted: DynamoDBSender = {
 *   send(command) {
 *     console.count('requests');
 *     return Reflect.apply(client.send, client, [command]);
 *   },
 * };
 */
export interface DynamoDBSender {
  send(command: object): Promise<unknown>;
}
