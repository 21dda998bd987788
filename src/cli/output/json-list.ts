import type { CliOutput } from '../io.js';

/** One JSON document, an array, that is written as its elements come, each on a line of its own. */
export class JsonList {
  readonly #output: CliOutput;
  #separator = '[\n';

  constructor(output: CliOutput) {
    this.#output = output;
  }

  add(element: unknown): void {
    this.#output.write(`${this.#separator}${JSON.stringify(element)}`);
    this.#separator = ',\n';
  }

  end(): void {
    this.#output.write(this.#separator === '[\n' ? '[]\n' : '\n]\n');
  }
}
