import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { onTestFinished } from 'vitest';
import type { Message } from '../../../src/index.js';
import { DynamoDBMessageStore } from '../../../src/stores.js';
import { createClient, createTable, startDynamoDB } from '../../backends/dynamodb-endpoint.js';
import type { ExampleServer } from '../example-process.js';
import { readEvents, type WireEvent } from '../local-server-process.js';
import { type Script, ScriptedModel, type Wire } from './scripted-model.js';

/** Starts an example in a process of its own. */
export type StartExample = (env: Readonly<Record<string, string>>) => Promise<ExampleServer>;

/** How an example is started, and how its model speaks. */
export interface Support {
  readonly start: StartExample;
  readonly wire?: Wire;
}

/** One session with an example, in whatever process serves it. All that it has started ends with the test. */
export class SupportSession {
  readonly model: ScriptedModel;
  readonly #start: () => Promise<ExampleServer>;
  readonly #refunds: string;
  readonly #messages: DynamoDBMessageStore;
  #server: ExampleServer | undefined;

  private constructor(
    model: ScriptedModel,
    start: () => Promise<ExampleServer>,
    refunds: string,
    messages: DynamoDBMessageStore,
  ) {
    this.model = model;
    this.#start = start;
    this.#refunds = refunds;
    this.#messages = messages;
  }

  static async open({ start, wire }: Support, scripts: readonly Script[]): Promise<SupportSession> {
    const model = await ScriptedModel.start(scripts, wire);
    onTestFinished(() => model.close());
    const endpoint = await startDynamoDB();
    const client = createClient(endpoint.url);
    onTestFinished(async () => {
      client.destroy();
      await endpoint.close();
    });
    const folder = await mkdtemp(join(tmpdir(), 'support-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const tableName = await createTable(client);
    const REFUNDS = join(folder, 'refunds.txt');
    const env = {
      AGENT_STATE_TABLE: tableName,
      AWS_ENDPOINT_URL_DYNAMODB: endpoint.url,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: model.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      MODEL_URL: model.url,
      PORT: '0',
      REFUNDS,
    };
    const documentClient = DynamoDBDocumentClient.from(client);
    const messages = new DynamoDBMessageStore({ tableName, agentId: 'support', documentClient });
    const session = new SupportSession(model, () => start(env), REFUNDS, messages);
    onTestFinished(() => session.kill());
    await session.start();
    return session;
  }

  async start(): Promise<void> {
    this.#server = await this.#start();
  }

  /** As `kill -9` does. */
  async kill(): Promise<void> {
    await this.#server?.kill();
  }

  /** Sends a request, and gives its events as they come. */
  async *send(body: object): AsyncGenerator<WireEvent> {
    const response = await fetch(`${this.#server?.url}/invocations`, {
      method: 'POST',
      headers: { 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': 's' },
      body: JSON.stringify(body),
    });
    yield* readEvents(response);
  }

  async conversation(): Promise<Pick<Message, 'role' | 'content'>[]> {
    const messages = await this.#messages.getAll('s');
    return messages.map(({ role, content }) => ({ role, content }));
  }

  /** What was paid back, with its key, in the order in which it was. */
  async refunds(): Promise<string[]> {
    const text = await readFile(this.#refunds, 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }
}

/** Reads on until the model has said something. */
export async function readText(events: AsyncGenerator<WireEvent>): Promise<unknown> {
  for (;;) {
    const { done, value } = await events.next();
    if (done) throw new Error('The answer has no text.');
    if (value.event === 'content-delta') return value.data.delta;
  }
}

/** Reads to the end: the text that is left, what was asked, and the last event. */
export async function readRest(events: AsyncGenerator<WireEvent>) {
  const texts: unknown[] = [];
  let question: WireEvent['data'] | undefined;
  let last: WireEvent | undefined;
  for await (const each of events) {
    if (each.event === 'content-delta') texts.push(each.data.delta);
    if (each.event === 'tool-input-required') question = each.data;
    last = each;
  }
  return { texts, question, last };
}
