import { AgentStoreError } from '../../domain/errors.js';
import { isRecord } from '../../domain/values/objects.js';
import type { DynamoDBSender } from './dynamodb-sender.js';

export type Sdk = typeof import('@aws-sdk/client-dynamodb');

/** Bounds how long a client that the store makes may take: two retries, and no attempt without an end. */
const defaults = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};

/** The SDK's commands and the client they go through; neither is loaded or made before the first request. */
export class DynamoDBConnection {
  readonly #given: DynamoDBSender | undefined;
  readonly #config: object;
  #opened: Promise<{ sdk: Sdk; client: DynamoDBSender }> | undefined;
  #owned: { destroy(): void } | undefined;

  constructor(given: DynamoDBSender | undefined, config: object = {}) {
    this.#given = given;
    this.#config = config;
  }

  /** Sends the command that `create` makes of the SDK. */
  async send(create: (sdk: Sdk) => object): Promise<Record<string, unknown>> {
    this.#opened ??= this.#open();
    const { sdk, client } = await this.#opened;
    const output = await client.send(create(sdk));
    if (isRecord(output)) return output;
    throw new TypeError('The client answered with something that is no output of a command.');
  }

  /** Closes the client, if the store made it. */
  async close(): Promise<void> {
    this.#owned?.destroy();
  }

  async #open() {
    const sdk = await importSdk();
    if (this.#given !== undefined) return { sdk, client: this.#given };
    const client = new sdk.DynamoDBClient({ ...defaults, ...this.#config });
    this.#owned = client;
    return { sdk, client };
  }
}

async function importSdk(): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-dynamodb');
  } catch (cause) {
    const message = 'The package "@aws-sdk/client-dynamodb" could not be loaded. Install it.';
    throw new AgentStoreError('CONFIGURATION', message, { cause });
  }
}
