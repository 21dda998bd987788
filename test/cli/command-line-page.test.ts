import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DynamoDBAgentStore } from '../../src/adapters/dynamodb/dynamodb-agent-store.js';
import { DynamoDBMessageStore } from '../../src/adapters/dynamodb/dynamodb-message-store.js';
import { DynamoDBTurnStore } from '../../src/adapters/dynamodb/dynamodb-turn-store.js';
import { createClient, type DynamoDBEndpoint, startDynamoDB } from '../backends/dynamodb-endpoint.js';
import { RedisServer } from '../backends/redis-server.js';
import { installProgram, readPageCommands, runInShell, toPattern } from './page-runner.js';
import { putSession } from './sessions.js';

let folder: string;
let endpoint: DynamoDBEndpoint;
let redis: RedisServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'command-line-'));
  await installProgram(join(folder, 'bin'));
  endpoint = await startDynamoDB();
  redis = await RedisServer.start();
});

afterAll(async () => {
  await redis.stop();
  await endpoint.close();
  await rm(folder, { recursive: true });
});

/** What agents have left, by the library. */
async function putSessions(): Promise<void> {
  const documentClient = createClient(endpoint.url);
  const options = { tableName: 'agent-state', agentId: 'support', documentClient };
  const turnStore = new DynamoDBTurnStore(options);
  const stores = {
    agentStore: new DynamoDBAgentStore(options),
    messageStore: new DynamoDBMessageStore(options),
  };
  await putSession(stores, 'session-1');
  await putSession(stores, 'session-2', {
    status: 'waiting-input',
    pendingToolInputs: [
      {
        inputId: 'input-1',
        toolCallId: 'call-1',
        toolName: 'seat',
        toolArguments: {},
        taskId: 'task-1',
        inputType: 'data',
        prompt: 'Which seat?',
      },
    ],
  });
  await turnStore.claim('session-2', 'ada');
  documentClient.destroy();
}

describe('the page about the command line', () => {
  it('has commands that print what it says, one after the other', async () => {
    const page = (await readFile('docs/command-line.md', 'utf8')).replaceAll(
      'localhost:6379',
      `127.0.0.1:${redis.port}`,
    );
    const commands = readPageCommands(page);
    expect(commands.length).toBeGreaterThan(15);
    const { PATH = '', HOME = '' } = process.env;
    const env = {
      PATH: `${join(folder, 'bin')}:${PATH}`,
      HOME,
      AWS_ENDPOINT_URL_DYNAMODB: endpoint.url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    };
    const assignments: string[] = [];
    for (const { command, prints, isInterrupted } of commands) {
      if (/^\w+=/.test(command)) {
        assignments.push(command);
        continue;
      }
      // As a shell that is asked to end does, it hands the signal on.
      const script = [...assignments, isInterrupted ? `exec ${command}` : command].join('\n');
      const pattern = toPattern(prints);
      const { code, said } = await runInShell(
        script,
        { cwd: folder, env },
        isInterrupted ? pattern : undefined,
      );
      expect(said, command).toMatch(pattern);
      if (isInterrupted) expect(code, command).toBe(130);
      else expect(code === 0, command).toBe(!/^looopy-aws: /m.test(said));
      if (command.startsWith('looopy-aws table create')) await putSessions();
    }
  });

  it('has a section for every command', async () => {
    const page = await readFile('docs/command-line.md', 'utf8');
    const commands = readPageCommands(page).map(({ command }) => command);
    const { said } = await runInShell('looopy-aws --help', {
      cwd: folder,
      env: { PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}` },
    });
    const routes = [...said.matchAll(/^ {2}looopy-aws (table|sessions|turns) (\S+) \.\.\.$/gm)].flatMap(
      ([, group = '', names = '']) => names.split('|').map((name) => `looopy-aws ${group} ${name}`),
    );
    expect(routes.length).toBeGreaterThan(8);
    const missing = routes.filter((route) => !commands.some((command) => command.startsWith(route)));
    expect(missing).toEqual([]);
  });
});
