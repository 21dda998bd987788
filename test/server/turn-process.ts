/** A server over shared stores in a process of its own, whose turns do what the parent says: see turn-processes.test.ts. */
import {
  DynamoDBAgentStore,
  DynamoDBMessageStore,
  DynamoDBTurnStore,
} from '../../src/adapters/dynamodb/index.js';
import { RedisAgentStore, RedisMessageStore, RedisTurnStore } from '../../src/adapters/redis/index.js';
import { isAgentStoreError } from '../../src/domain/errors.js';
import { getRequestContext, serve } from '../../src/index.js';
import { createClient } from '../backends/dynamodb-endpoint.js';
import { type Model, StandInAgent } from './stand-in-agent.js';

/** How the process is to run. */
export interface ProcessOptions {
  /** `redis://…`, or the address of a DynamoDB. */
  readonly url: string;
  readonly tableName?: string;
  /** Sessions belong to whoever the header `Authorization` names. */
  readonly hasOwners?: boolean;
}

/** What a running turn is told to do. */
export interface Command {
  readonly session: string;
  /** Without it, the turn ends. */
  readonly say?: string;
}

/** What the parent is told. */
export interface Report {
  readonly port?: number;
  /** An agent is made for a session. */
  readonly made?: string;
  /** The model of a session runs, with this token. */
  readonly runs?: string;
  readonly token?: number | undefined;
  /** What became of a write: `done`, or the code of its failure. */
  readonly write?: string;
  readonly closed?: string;
}

const { url, tableName, hasOwners }: ProcessOptions = JSON.parse(process.argv[2] ?? '{}');
const tell = (report: Report) => void process.send?.(report);
const lease = { leaseSeconds: 3, renewSeconds: 1, flushMs: 20 };
const { agentStore, messageStore, turnStore } =
  tableName === undefined ? openRedis() : openDynamoDB(tableName);

function openRedis() {
  const options = { agentId: 'agent', url };
  return {
    agentStore: new RedisAgentStore(options),
    messageStore: new RedisMessageStore(options),
    turnStore: new RedisTurnStore({ ...options, ...lease }),
  };
}

function openDynamoDB(tableName: string) {
  const options = { agentId: 'agent', tableName, documentClient: createClient(url) };
  return {
    agentStore: new DynamoDBAgentStore(options),
    messageStore: new DynamoDBMessageStore(options),
    turnStore: new DynamoDBTurnStore({ ...options, ...lease }),
  };
}

async function report(written: Promise<void>): Promise<void> {
  try {
    await written;
    tell({ write: 'done' });
  } catch (error) {
    tell({ write: isAgentStoreError(error) ? error.code : String(error) });
    throw error;
  }
}

const listeners = new Map<string, (command: Command) => void>();
process.on('message', (command: Command) => listeners.get(command.session)?.(command));

const { port } = await serve({
  agentStore,
  turnStore: Object.assign(turnStore, {
    close: async () => tell({ closed: 'turnStore' }),
  }),
  agent: async (contextId, context) => {
    tell({ made: contextId });
    const store = context.agentStore;
    const model: Model = async ({ say }) => {
      tell({ runs: contextId, token: getRequestContext()?.fencingToken });
      await new Promise<void>((resolve) =>
        listeners.set(contextId, ({ say: delta }) => (delta === undefined ? resolve() : say(delta))),
      );
      await report(messageStore.append(contextId, { role: 'assistant', content: 'answer' }));
    };
    return new StandInAgent({
      contextId,
      agentStore: {
        load: (id) => store.load(id),
        save: (id, state) => report(store.save(id, state)),
      },
      messageStore: {
        getAll: (id) => messageStore.getAll(id),
        append: (id, messages) => report(messageStore.append(id, messages)),
      },
      model,
      history: [],
    });
  },
  ...(hasOwners && {
    decodeAuthorization: async (header: string) => header,
    ownerOf: (authContext: unknown) => String(authContext),
  }),
  port: 0,
  hostname: '127.0.0.1',
  shutdownGraceSeconds: 0,
  logger: { info() {}, warn() {}, error() {} },
});
tell({ port });
