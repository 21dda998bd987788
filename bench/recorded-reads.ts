import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { DynamoDBSender } from '../dist/adapters/dynamodb/index.js';

/** The reads that a store sends, and what they were answered. */
export class RecordedReads implements DynamoDBSender {
  readonly #client: DynamoDBDocumentClient;
  readonly #answers = new Map<string, { readonly command: GetItemCommand; readonly answer: object }>();

  constructor(client: DynamoDBDocumentClient) {
    this.#client = client;
  }

  async send(command: object): Promise<object> {
    if (!(command instanceof GetItemCommand)) throw new TypeError('An opening only reads.');
    const answer = await this.#client.send(command);
    this.#answers.set(JSON.stringify(command.input.Key), { command, answer });
    return answer;
  }

  /** Answers at once. */
  readonly replay: DynamoDBSender = {
    send: async (command) => {
      const key = command instanceof GetItemCommand ? JSON.stringify(command.input.Key) : '';
      return this.#answers.get(key)?.answer;
    },
  };

  /** Sends the same again: the first one, and then all others at once. */
  async repeat(): Promise<void> {
    const [first, ...others] = [...this.#answers.values()].map(({ command }) => command.input);
    if (first !== undefined) await this.#client.send(new GetItemCommand(first));
    await Promise.all(others.map((input) => this.#client.send(new GetItemCommand(input))));
  }
}
