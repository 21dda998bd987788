import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

/** A server in a process of its own. */
export interface TurnServer {
  readonly name: string;
  readonly port: number;
  /** In bytes, after a collection. */
  heapUsed(): Promise<number>;
  /** In bytes, as it is. */
  oldSpaceUsed(): Promise<number>;
  stop(): void;
}

/** @param execPath - The Node that it runs on. @defaultValue this one */
export async function startTurnServer(name: string, execPath = process.execPath): Promise<TurnServer> {
  const port = await findFreePort();
  const path = fileURLToPath(new URL('./turn-server.ts', import.meta.url));
  const child = fork(path, [name, String(port)], {
    execPath,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await answers(port);
  const ask = async (what: string) => {
    child.send(what);
    const [bytes] = await once(child, 'message');
    return Number(bytes);
  };
  return {
    name,
    port,
    heapUsed: () => ask('heap'),
    oldSpaceUsed: () => ask('old space'),
    stop: () => child.kill('SIGKILL'),
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await fetch(`http://127.0.0.1:${port}/ping`);
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
