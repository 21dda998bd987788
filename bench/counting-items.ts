import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Item } from './dist/adapters/dynamodb/attribute-value.js';
import { itemSize } from './dist/adapters/dynamodb/item-size.js';

const keyOf = ({ pk, sk }: Record<string, unknown>) => JSON.stringify([pk, sk]);

/** A table of any number of items that answers from memory, meets every condition, and counts as DynamoDB bills. */
export class CountingItems {
  requests = 0;
  writeUnits = 0;
  readUnits = 0;
  /** Of the items sent and received. */
  bytes = 0;
  readonly #items = new Map<string, Item>();

  reset(): void {
    this.requests = this.writeUnits = this.readUnits = this.bytes = 0;
  }

  get storedBytes(): number {
    return [...this.#items.values()].reduce((sum, item) => sum + itemSize(item), 0);
  }

  async send(command: object): Promise<object> {
    if (command instanceof GetItemCommand) return { Item: this.get(Object(command.input.Key)) };
    if (command instanceof PutItemCommand) this.put(Object(command.input.Item));
    if (command instanceof DeleteItemCommand) this.#write(keyOf(Object(command.input.Key)), undefined);
    return {};
  }

  put(item: Item): void {
    this.#write(keyOf(item), item);
  }

  /** A read costs half as much if it need not see the last write. */
  get(key: object, consistency: 'strongly' | 'eventually' = 'strongly'): Item | undefined {
    const item = this.#items.get(keyOf(Object(key)));
    this.#read(item === undefined ? 0 : itemSize(item), consistency === 'strongly' ? 1 : 0.5);
    return item;
  }

  /** The newest items by a consistent query, which is billed for all of them together. */
  queryNewest(count: number): Item[] {
    const items = [...this.#items.values()].slice(-count);
    this.#read(items.reduce((sum, item) => sum + itemSize(item), 0));
    return items;
  }

  #read(bytes: number, unit = 1): void {
    this.requests++;
    this.bytes += bytes;
    this.readUnits += unit * Math.max(Math.ceil(bytes / 4_096), 1);
  }

  /** A write costs by the larger of what is replaced and what replaces it. */
  #write(key: string, item: Item | undefined): void {
    const [before, after] = [this.#items.get(key), item].map((each) =>
      each === undefined ? 0 : itemSize(each),
    );
    this.requests++;
    this.bytes += after ?? 0;
    this.writeUnits += Math.max(Math.ceil(Math.max(before ?? 0, after ?? 0) / 1_024), 1);
    if (item === undefined) this.#items.delete(key);
    else this.#items.set(key, item);
  }
}
