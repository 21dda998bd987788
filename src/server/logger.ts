/** Where the server logs to; a pino logger is one. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Called before the process exits. */
  flush?(callback: (error?: Error) => void): void;
}

export const silentLogger: Logger = { info() {}, warn() {}, error() {} };
