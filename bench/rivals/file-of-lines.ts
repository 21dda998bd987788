import { appendFile, readFile } from 'node:fs/promises';
import type { Message } from '../../dist/domain/message-store.js';

/** A file a session: a line of JSON for each message, and all of it is read to open it. */
export class FileOfLines {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  append(message: Message): Promise<void> {
    return appendFile(this.#path, `${JSON.stringify(message)}\n`);
  }

  async open(count: number): Promise<unknown[]> {
    const lines = (await readFile(this.#path, 'utf8')).trimEnd().split('\n');
    return lines.slice(-count).map((line): unknown => JSON.parse(line));
  }
}
