import type { Message, MessageStore, RecentOptions } from '../domain/message-store.js';
import type { Journal } from './journal.js';

/** What an agent uses of a message store. */
export type History = Pick<MessageStore, 'append' | 'getRecent' | 'getAll'>;

/** How many messages others may have added since the turn began before all are read. */
const margin = 8;

/** The conversation of one session as its turns see and write it. Each message of a turn has an id, by which it is found again. */
export class Conversation {
  readonly #history: History | undefined;
  readonly #contextId: string;

  constructor(history: History | undefined, contextId: string) {
    this.#history = history;
    this.#contextId = contextId;
  }

  async add(journal: Journal, part: string, role: Message['role'], content: string): Promise<void> {
    const message: Message & { id: string } = { role, content, id: toId(journal, part) };
    await this.#history?.append(this.#contextId, message);
  }

  /** Adds a message unless a run that did not come to its end has added it. */
  async addOnce(journal: Journal, part: string, role: Message['role'], content: string): Promise<void> {
    const messages = await this.#readBackTo(journal, { maxMessages: margin });
    const id = toId(journal, part);
    if (!messages.some((message) => idOf(message) === id)) await this.add(journal, part, role, content);
  }

  /**
   * The messages up to the one that the turn began with: `limit` of them, if an earlier run has read so many, else as many as the
   * options allow.
   */
  async read(journal: Journal, options: RecentOptions, limit: number | undefined): Promise<Message[]> {
    const wanted = limit === undefined ? options : { maxMessages: limit };
    const messages = await this.#readBackTo(journal, wanted);
    const end = findMessage(messages, journal);
    // Without a store, or if the message was removed, what the user has said is still known.
    const said: Message = { role: 'user', content: journal.message };
    const before = end === -1 ? [...messages, said] : messages.slice(0, end + 1);
    return wanted.maxMessages === undefined ? before : before.slice(-wanted.maxMessages);
  }

  /** The newest messages: as many as are wanted, and what came after the one that the turn began with. */
  async #readBackTo(journal: Journal, { maxMessages, ...options }: RecentOptions): Promise<Message[]> {
    const history = this.#history;
    if (history === undefined) return [];
    const later = 2 * (journal.answers + journal.questions.length) + margin;
    const wanted = maxMessages === undefined ? options : { ...options, maxMessages: maxMessages + later };
    const recent = await history.getRecent(this.#contextId, wanted);
    const isThere = findMessage(recent, journal) !== -1;
    return isThere || maxMessages === undefined ? recent : history.getAll(this.#contextId);
  }
}

/** The place of the message that the turn began with, or -1. */
function findMessage(messages: readonly Message[], journal: Journal): number {
  const id = toId(journal, 'user');
  return messages.findLastIndex((message) => idOf(message) === id);
}

function toId(journal: Journal, part: string): string {
  return `${journal.id}:${part}`;
}

function idOf(message: Message): unknown {
  return Reflect.get(message, 'id');
}
