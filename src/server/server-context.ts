import type { TurnStore } from '../domain/turn-store.js';
import type { AppConfig, ResolvedConfig } from './config.js';
import type { WaitingBudget } from './http/waiting-budget.js';
import type { Logger } from './logger.js';
import type { TrackTask } from './request-context.js';
import type { LocalUsage } from './sessions/local-usage.js';
import type { SessionRegistry } from './sessions/session-registry.js';
import type { SafeTelemetry } from './telemetry/safe-telemetry.js';
import type { KeepAlives } from './turn/keep-alives.js';
import type { TurnArchive } from './turn/turn-archive.js';

/** What the parts of one server share. */
export interface ServerContext {
  readonly config: ResolvedConfig<AppConfig>;
  readonly logger: Logger;
  readonly sessions: SessionRegistry;
  readonly turns: TurnArchive;
  readonly budget: WaitingBudget;
  readonly keepAlives: KeepAlives;
  readonly telemetry: SafeTelemetry | undefined;
  readonly trackTask: TrackTask;
  readonly owners: Pick<TurnStore, 'claim' | 'owner'>;
  /** How sessions were used, if there is no turn store that knows. */
  readonly usage: LocalUsage;
}
