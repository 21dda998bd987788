import type { AppConfig, ResolvedConfig } from './config.js';
import type { Logger } from './logger.js';
import type { SessionRegistry } from './sessions/session-registry.js';

/** What the parts of one server share. */
export interface ServerContext {
  readonly config: ResolvedConfig<AppConfig>;
  readonly logger: Logger;
  readonly sessions: SessionRegistry;
  trackTask(task: Promise<unknown>): void;
}
