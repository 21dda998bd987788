import type { Redis } from 'ioredis';
import type { Message } from '../../dist/domain/message-store.js';

/** The obvious store in Redis: a list that each message is pushed to. */
export class MessageList {
  readonly #client: Redis;
  readonly #key: string;

  constructor(client: Redis, key: string) {
    this.#client = client;
    this.#key = key;
  }

  async append(message: Message): Promise<void> {
    await this.#client.rpush(this.#key, JSON.stringify(message));
  }

  async open(count: number): Promise<unknown[]> {
    const texts = await this.#client.lrange(this.#key, -count, -1);
    return texts.map((text): unknown => JSON.parse(text));
  }
}
