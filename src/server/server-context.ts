import type { AppConfig, ResolvedConfig } from './config.js';
import type { WaitingBudget } from './http/waiting-budget.js';
import type { Logger } from './logger.js';
import type { TrackTask } from './request-context.js';
import type { SessionRegistry } from './sessions/session-registry.js';

/** What the parts of one server share. */
export interface ServerContext {
  readonly config: ResolvedConfig<AppConfig>;
  readonly logger: Logger;
  readonly sessions: SessionRegistry;
  readonly budget: WaitingBudget;
  readonly trackTask: TrackTask;
}
