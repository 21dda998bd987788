/** What the command line reads and writes: that of the process, or a test's own. */
export interface CliIo {
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  readonly stdin: AsyncIterable<string | Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the user wants an end. The reason is the name of the signal, such as `'SIGINT'`. */
  readonly signal: AbortSignal;
}

export interface CliOutput {
  /** True if somebody looks at it, and not a file or another program. */
  readonly isTTY?: boolean;
  write(text: string): unknown;
}
