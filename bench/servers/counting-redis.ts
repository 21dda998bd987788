import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { JsonCommands } from './json-commands.js';
import { CommandReader } from './resp.js';

/**
 * Stands between a client and Redis, and counts. Without a Redis behind it, it answers itself, with the commands of the
 * modules that LangGraph's saver needs and a plain Redis does not have.
 */
export class CountingRedis {
  requests = 0;
  bytes = 0;
  readonly #redisPort: number | undefined;
  readonly #server = createServer((client) => this.#serve(client));

  constructor(redisPort?: number) {
    this.#redisPort = redisPort;
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    return `redis://127.0.0.1:${port}`;
  }

  reset(): void {
    this.requests = 0;
    this.bytes = 0;
  }

  stop(): void {
    this.#server.close();
  }

  #serve(client: Socket): void {
    const commands = new CommandReader();
    const answers = new JsonCommands();
    const redis = this.#redisPort === undefined ? undefined : connect(this.#redisPort, '127.0.0.1');
    const send = (answer: Buffer | string) => {
      this.bytes += Buffer.byteLength(answer);
      client.write(answer);
    };
    redis?.on('data', send);
    redis?.on('error', () => client.destroy());
    client.on('error', () => redis?.destroy());
    client.on('close', () => redis?.destroy());
    client.on('data', (chunk) => {
      this.bytes += chunk.length;
      for (const command of commands.read(chunk)) {
        this.requests++;
        if (redis === undefined) send(answers.run(command));
      }
      redis?.write(chunk);
    });
  }
}
