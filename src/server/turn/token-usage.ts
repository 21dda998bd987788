import type { AgentEvent } from '../../domain/agent.js';
import { isRecord } from '../../domain/values/objects.js';
import { tokenLimit } from '../failures/http-error.js';
import type { ServerContext } from '../server-context.js';
import type { BegunTurn } from './begin-turn.js';

/** Names under which models say how many tokens they took, in all or in two parts. */
const totals = ['totalTokens', 'total_tokens'];
const parts = [
  'inputTokens',
  'outputTokens',
  'promptTokens',
  'completionTokens',
  'input_tokens',
  'output_tokens',
  'prompt_tokens',
  'completion_tokens',
];

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
    const tokens = tokensOf(event);
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

/** The tokens that an event of kind `llm-usage` tells of, in itself or under `usage`; 0 for any other. */
function tokensOf(event: AgentEvent): number {
  if (event.kind !== 'llm-usage') return 0;
  const nested: unknown = Reflect.get(event, 'usage');
  const usage = isRecord(nested) ? nested : { ...event };
  const total = totals.map((name) => toCount(Reflect.get(usage, name))).find((count) => count > 0);
  return total ?? parts.reduce((sum, name) => sum + toCount(Reflect.get(usage, name)), 0);
}

function toCount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.ceil(value) : 0;
}
