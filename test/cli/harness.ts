import type { CliIo } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Surroundings {
  readonly isTTY?: boolean;
  readonly env?: CliIo['env'];
  readonly stdin?: string | Uint8Array;
  readonly controller?: AbortController;
  /** Called with all of stdout each time that something is written to it. */
  readonly onOut?: (out: string) => void;
}

/** Runs a command line in this process. */
export async function cli(argv: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  const { isTTY = false, env = {}, stdin = '', controller = new AbortController(), onOut } = surroundings;
  let out = '';
  let err = '';
  const io: CliIo = {
    stdout: {
      isTTY,
      write(text) {
        out += text;
        onOut?.(out);
      },
    },
    stderr: {
      isTTY,
      write(text) {
        err += text;
      },
    },
    stdin: (async function* () {
      yield stdin;
    })(),
    env,
    signal: controller.signal,
  };
  const code = await run(argv, io);
  return { code, out, err };
}

/** Runs one with `--json`, and gives the one document that it prints. */
export async function cliJson(argv: readonly string[], surroundings: Surroundings = {}) {
  const outcome = await cli([...argv, '--json'], surroundings);
  return { ...outcome, document: JSON.parse(outcome.out) };
}
