/**
 * A client of DynamoDB: a `DynamoDBClient`, a `DynamoDBDocumentClient`, or anything that sends the client package's own
 * commands. No option of it changes what is stored.
 */
export interface DynamoDBSender {
  send(command: object): Promise<unknown>;
}
