import { Socket } from 'node:net';
import { AbstractConnector, Redis } from 'ioredis';
import { CommandReader } from '../servers/resp.js';

/** A client of Redis without a network: each command is written and each answer parsed. Every read finds what was written last. */
export function createInProcessRedis(): Redis {
  return new Redis({ Connector: InProcessConnector, enableReadyCheck: false, disableClientInfo: true });
}

class InProcessConnector extends AbstractConnector {
  constructor() {
    super(0);
  }

  override async connect(): Promise<Socket> {
    this.stream = new AnsweringSocket();
    return this.stream;
  }
}

/** Is connected to nothing, and answers what is written to it. */
class AnsweringSocket extends Socket {
  readonly #commands = new CommandReader();
  #stored = '';

  override _read(): void {}

  override _write(chunk: Buffer | string, _encoding: string, callback: () => void): void {
    for (const command of this.#commands.read(Buffer.from(chunk))) this.push(this.#answer(command));
    callback();
  }

  override _writev(chunks: { chunk: Buffer | string }[], callback: () => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => Buffer.from(chunk))), 'buffer', callback);
  }

  #answer([name = '', ...parts]: string[]): string {
    if (name === 'get') return `$${Buffer.byteLength(this.#stored)}\r\n${this.#stored}\r\n`;
    if (name === 'set') {
      this.#stored = parts[1] ?? '';
      return '+OK\r\n';
    }
    // By EVALSHA or EVAL, with the script, the number of keys, the key, and the value.
    this.#stored = parts[3] ?? '';
    return ':1\r\n';
  }
}
