/** As much of RedisJSON as LangGraph's savers need to keep the checkpoints of one thread. */
export class JsonCommands {
  readonly #documents = new Map<string, string>();

  run([name = '', key = '', ...rest]: readonly string[]): string {
    switch (name.toUpperCase()) {
      case 'JSON.SET':
        this.#documents.set(key, rest[1] ?? '');
        return '+OK\r\n';
      case 'JSON.GET':
        return toBulk(this.#documents.get(key));
      case 'EXISTS':
        return `:${this.#documents.has(key) ? 1 : 0}\r\n`;
      case 'DEL':
        return `:${[key, ...rest].filter((each) => this.#documents.delete(each)).length}\r\n`;
      case 'KEYS':
        return toList([...this.#documents.keys()].filter((each) => each.startsWith(key.replace(/\*$/, ''))));
      case 'ZRANGE':
        return '*0\r\n';
      default:
        return '+OK\r\n';
    }
  }
}

function toBulk(text: string | undefined): string {
  return text === undefined ? '$-1\r\n' : `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

function toList(texts: readonly string[]): string {
  return [`*${texts.length}\r\n`, ...texts.map(toBulk)].join('');
}
