import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A DynamoDB to measure with, and what the results call it. */
export interface DynamoDBServer {
  readonly name: string;
  readonly url: string;
  stop(): void;
}

/** dynalite, in a process of its own so that its work is not on our clock, and the one at `DYNAMODB_ENDPOINT`. */
export async function startDynamoDBServers(): Promise<DynamoDBServer[]> {
  const given = process.env.DYNAMODB_ENDPOINT;
  const servers = [await startDynalite()];
  if (given) servers.push({ name: 'DynamoDB Local', url: given, stop: () => undefined });
  return servers;
}

export async function startDynalite(): Promise<DynamoDBServer> {
  const child: ChildProcess = fork(fileURLToPath(new URL('./dynalite-process.ts', import.meta.url)));
  const [port] = await once(child, 'message');
  return { name: 'dynalite', url: `http://127.0.0.1:${port}`, stop: () => child.kill() };
}
