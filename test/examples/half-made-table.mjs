// Makes the beginnings of the embedded table, says so, and waits to be killed.
import { mkdirSync } from 'node:fs';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

const [folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const server = dynalite({ path: folder, createTableMs: 2 ** 31 - 1 });
server.listen(0, '127.0.0.1', async () => {
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${server.address().port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const command = new CreateTableCommand({
    TableName: 'agent-state',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  });
  const { TableDescription } = await client.send(command);
  console.log(TableDescription.TableStatus);
});
