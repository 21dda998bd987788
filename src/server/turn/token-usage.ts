import type { AgentEvent } from '../../domain/agent.js';
import { tokenLimit } from '../failures/http-error.js';
import type { ServerContext } from '../server-context.js';
import type { BegunTurn } from './begin-turn.js';
import { countOf } from './token-count.js';

/**
 * Counts the tokens that a turn uses, and stops it when its session has used more than it may; `undefined` if nobody wants to
 * know.
 */
export function countTokens(
  { config, usage }: ServerContext,
  { turn, live, held }: BegunTurn,
): ((event: AgentEvent) => void) | undefined {
  const { maxTokensPerSession } = config;
  if (held === undefined && !isLimited(config)) return undefined;
  const { sessionId } = live;
  let total = held?.usage.tokens ?? usage.of(sessionId).tokens;
  return (event) => {
    const tokens = countOf(event)?.total ?? 0;
    if (tokens === 0) return;
    total += tokens;
    if (held === undefined) usage.add(sessionId, { tokens });
    else held.useTokens(tokens);
    if (total > maxTokensPerSession) void turn.stop(tokenLimit());
  };
}

/** Counts a turn that has ended, unless it has done nothing. A turn store counts by itself. */
export function countTurn({ config, usage }: ServerContext, { turn, live, held }: BegunTurn): void {
  if (held === undefined && turn.hasStarted && isLimited(config)) usage.add(live.sessionId, { turns: 1 });
}

function isLimited({ maxTokensPerSession, maxTurnsPerSession }: ServerContext['config']): boolean {
  return Math.min(maxTokensPerSession, maxTurnsPerSession) < Number.POSITIVE_INFINITY;
}
