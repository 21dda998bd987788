import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Item } from './dist/adapters/dynamodb/attribute-value.js';
import { itemSize } from './dist/adapters/dynamodb/item-size.js';

/** What requests cost, by the rules in AWS's developer guide, "DynamoDB read and write operations". */
export interface Consumption {
  readonly requests: number;
  readonly writeUnits: number;
  readonly readUnits: number;
}

/** A client of DynamoDB that answers from memory and counts. */
export class CountingTable {
  #item: Item | undefined;
  #requests = 0;
  #writeUnits = 0;
  #readUnits = 0;

  /** What has been consumed since it was last asked. */
  take(): Consumption {
    const consumption = {
      requests: this.#requests,
      writeUnits: this.#writeUnits,
      readUnits: this.#readUnits,
    };
    this.#requests = this.#writeUnits = this.#readUnits = 0;
    return consumption;
  }

  async send(command: object): Promise<object> {
    this.#requests++;
    if (command instanceof PutItemCommand) this.put(Object(command.input.Item));
    if (command instanceof GetItemCommand) return { Item: this.get() };
    return {};
  }

  /** A write costs by the larger of what is replaced and what replaces it. */
  put(item: Item): void {
    const bytes = Math.max(itemSize(item), this.#item === undefined ? 0 : itemSize(this.#item));
    this.#writeUnits += Math.ceil(bytes / 1_024);
    this.#item = item;
  }

  /** A consistent read. */
  get(): Item | undefined {
    this.#readUnits += this.#item === undefined ? 1 : Math.ceil(itemSize(this.#item) / 4_096);
    return this.#item;
  }
}
