/** Takes the commands out of a stream of RESP, as clients of Redis write them: lists of texts. */
export class CommandReader {
  #unread: Buffer = Buffer.alloc(0);
  /** What has come since, and is put behind it when there is enough: a command may come in thousands of chunks. */
  #chunks: Buffer[] = [];
  #missing = 0;

  read(chunk: Buffer): string[][] {
    this.#chunks.push(chunk);
    this.#missing -= chunk.length;
    if (this.#missing > 0) return [];
    this.#unread = Buffer.concat([this.#unread, ...this.#chunks.splice(0)]);
    this.#missing = 0;
    const commands: string[][] = [];
    for (let command = this.#next(); command !== null; command = this.#next()) commands.push(command);
    return commands;
  }

  #next(): string[] | null {
    const count = this.#line(0);
    if (count === null) return null;
    const parts: string[] = [];
    let position = count.end;
    for (let part = 0; part < count.value; part++) {
      const length = this.#line(position);
      if (length === null) return null;
      this.#missing = Math.max(length.end + length.value + 2 - this.#unread.length, 0);
      if (this.#missing > 0) return null;
      parts.push(this.#unread.toString('utf8', length.end, length.end + length.value));
      position = length.end + length.value + 2;
    }
    this.#unread = this.#unread.subarray(position);
    return parts;
  }

  /** The number in a line such as `*3` or `$17`, and where the next line starts. */
  #line(start: number): { value: number; end: number } | null {
    const end = this.#unread.indexOf('\r\n', start);
    return end === -1
      ? null
      : { value: Number(this.#unread.toString('latin1', start + 1, end)), end: end + 2 };
  }
}
