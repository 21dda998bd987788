import { readApi } from '../../tools/api-reference/read-api.js';

/** What an example may use without saying where it comes from, besides whatever the package exports. */
const surroundings = `import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type * as aws from '@looopy-ai/aws';
import type * as kit from '@looopy-ai/aws/testing';
import { Redis } from 'ioredis';
import { SuperJSON } from 'superjson';
import { readFile, writeFile } from 'node:fs/promises';
import test from 'node:test';
import v8 from 'node:v8';
import { describe, it } from 'vitest';

declare const contextId: string;
declare const cause: Error;
declare const state: aws.AgentState;
declare const store: aws.AgentStore;
declare const agentStore: aws.PersistentAgentStore;
declare const messageStore: aws.PersistentMessageStore;
declare const turnStore: aws.PersistentTurnStore;
declare const held: aws.HeldTurn;
declare const stores: aws.SessionStores;
declare const oldStores: aws.SessionStores;
declare const newStores: aws.SessionStores;
declare const exported: aws.SessionExport;
declare const documentClient: DynamoDBClient;
declare const controller: AbortController;
declare const page: aws.KeyPage;
declare const agent: aws.Agent;
declare const observer: aws.AgentEventObserver;
declare const FileRecordStore: new (folder: string) => aws.RecordStore;
declare class Money {
  readonly amount: number;
}
declare const MyAgent: new (contextId: string) => aws.Agent;
declare function reload(): Promise<unknown>;
declare function encrypt(...args: unknown[]): Promise<Uint8Array>;
declare function decrypt(...args: unknown[]): Buffer;
declare function createBackend(): Promise<kit.ContractBackend>;
declare function createListBackend(): Promise<kit.SessionListBackend>;
declare function createMessageBackend(): Promise<kit.MessageContractBackend>;
declare function createTurnBackend(): Promise<kit.TurnContractBackend>;
declare function placeOrder(order: string, key: string): Promise<string>;
declare function book(seat: string, key: string): Promise<string>;
declare function askModel(messages: readonly aws.Message[]): Promise<string>;
`;

/** The examples in the comments of the source as modules, each by the name that it is an example of. */
export function apiExamples(): Record<string, string> {
  const entryPoints = readApi();
  const homes = new Map(entryPoints.flatMap(({ names }) => names.map(({ name, home }) => [name, home])));
  const modules = entryPoints.flatMap(({ names }) =>
    names.flatMap(({ name, examples }) =>
      examples.map((example, index) => [`api-${name}-${index + 1}`, toModule(example, homes)]),
    ),
  );
  return Object.fromEntries(modules);
}

function toModule(example: string, homes: ReadonlyMap<string, string>): string {
  const isCoreAgent = example.includes('new Agent(');
  const imports = [...homes]
    .filter(([name]) => new RegExp(`\\b${name}\\b`).test(example))
    .map(
      ([name, home]) =>
        `import { ${name} } from '${name === 'Agent' && isCoreAgent ? '@looopy-ai/core' : home}';\n`,
    );
  return `${imports.join('')}${surroundings}\nexport async function example() {\n${example}\n}\n`;
}
