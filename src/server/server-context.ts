import type { AppConfig, ResolvedConfig } from './config.js';
import type { WaitingBudget } from './http/waiting-budget.js';
import type { Logger } from './logger.js';
import type { TrackTask } from './request-context.js';
import type { SessionRegistry } from './sessions/session-registry.js';
import type { LiveTurn } from './turn/live-turn.js';
import type { TurnArchive } from './turn/turn-archive.js';

/** What the parts of one server share. */
export interface ServerContext {
  readonly config: ResolvedConfig<AppConfig>;
  readonly logger: Logger;
  readonly sessions: SessionRegistry;
  readonly turns: TurnArchive;
  readonly budget: WaitingBudget;
  readonly trackTask: TrackTask;
  /** Awaited when the last event of a turn is known, before its session is free and before the event is sent. */
  beforeEnd?(turn: LiveTurn): Promise<void>;
}
