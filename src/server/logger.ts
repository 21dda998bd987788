/**
 * What the server writes its log with. A pino logger is one.
 *
 * @example
 * const write = (fields: object, message: string) => console.error(message, fields);
 * const logger: Logger = { info: () => {}, warn: write, error: write };
 */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Called before the process exits. */
  flush?(callback: (error?: Error) => void): void;
}

/** Writes each line at once: lines that pino still holds when the process ends can be lost, or come in another order. */
export function createLogger(pino: typeof import('pino').pino): Logger {
  return pino(pino.destination({ dest: 1, sync: true }));
}

export const silentLogger: Logger = { info() {}, warn() {}, error() {} };

/** Turns failures of the logger into warnings without the fields of the line: a turn must not fail with its logger. */
export function withoutFailing(logger: Logger): Required<Logger> {
  const warnOf = (work: string) => process.emitWarning(`The logger failed to ${work}.`);
  const attempt = (level: 'info' | 'warn' | 'error') => (fields: object, message: string) => {
    try {
      logger[level](fields, message);
    } catch {
      warnOf(`log "${message}" as ${level}`);
    }
  };
  return {
    info: attempt('info'),
    warn: attempt('warn'),
    error: attempt('error'),
    flush(callback) {
      try {
        if (logger.flush === undefined) callback();
        else logger.flush(callback);
      } catch {
        warnOf('flush');
        callback();
      }
    },
  };
}
