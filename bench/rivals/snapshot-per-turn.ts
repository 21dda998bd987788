import type { Message } from '../../dist/domain/message-store.js';
import type { CountingItems } from '../counting-items.js';

const pk = 'session/session';
const sk = 'scopes/agent/bench/snapshots/snapshot_latest.json';

/** How many of the newest messages an agent of Strands keeps if it is told nothing else. */
const windowSize = 40;

/** A larger value goes to S3, if a bucket is given. */
const maxBytes = 380_000;

/** A snapshot that the table is not given. */
export class SnapshotTooLarge extends Error {}

/**
 * The requests of Strands' session manager over `strands-dynamodb-storage`, with the defaults of both: each turn puts one item
 * that holds the agent and its newest messages as JSON, without a condition; an eventually consistent read opens it.
 */
export class SnapshotPerTurn {
  readonly #table: CountingItems;
  #messages: Message[] = [];

  constructor(table: CountingItems) {
    this.#table = table;
  }

  /** @throws SnapshotTooLarge if it would have to go to S3. */
  keepTurn(turn: readonly Message[]): void {
    this.#messages = [...this.#messages, ...turn].slice(-windowSize);
    const messages = this.#messages.map(({ role, content }) => ({ role, content: [{ text: content }] }));
    const data = { messages, state: {}, systemPrompt: 'You are a helpful assistant.' };
    const createdAt = new Date().toISOString();
    const text = JSON.stringify({ scope: 'agent', schemaVersion: '1.0', createdAt, data, appData: {} });
    const bytes = Buffer.from(text);
    if (bytes.length > maxBytes) throw new SnapshotTooLarge();
    this.#table.put({ pk: { S: pk }, sk: { S: sk }, k: { S: `${pk}/${sk}` }, data: { B: bytes } });
  }

  open(): void {
    this.#table.get({ pk: { S: pk }, sk: { S: sk } }, 'eventually');
  }
}
