import type { CliIo } from '../io.js';

const width = 24;

/** The part of a bar that moves while nobody knows how long it takes. */
const moving = '####';

/** Says on a terminal how far something has come, in one line that is written over and removed at the end. */
export class Progress {
  readonly #stderr: CliIo['stderr'];
  #shown = '';

  constructor({ stderr }: Pick<CliIo, 'stderr'>) {
    this.#stderr = stderr;
  }

  /** @param total - How many there will be, if that is known. */
  show(what: string, done?: number, total?: number): void {
    if (this.#stderr.isTTY !== true) return;
    const text = describe(what, done, total);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#stderr.write(`\r\u001B[K${text}`);
  }

  end(): void {
    if (this.#shown !== '') this.#stderr.write('\r\u001B[K');
    this.#shown = '';
  }
}

function describe(what: string, done: number | undefined, total: number | undefined): string {
  if (done === undefined) return `${what} …`;
  if (total === undefined) {
    const before = done % (width - moving.length + 1);
    return `${what} ${toBar(before, moving)} ${done}`;
  }
  const filled = total === 0 ? width : Math.round((width * done) / total);
  return `${what} ${toBar(0, '#'.repeat(filled))} ${done}/${total}`;
}

function toBar(before: number, filled: string): string {
  return `[${'.'.repeat(before)}${filled}${'.'.repeat(width - before - filled.length)}]`;
}
