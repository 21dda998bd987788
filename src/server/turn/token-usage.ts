import type { AgentEvent } from '../../domain/agent.js';
import { isRecord } from '../../domain/values/objects.js';

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

/** The tokens that an event of kind `llm-usage` tells of, in itself or under `usage`; 0 for any other. */
export function tokensOf(event: AgentEvent): number {
  if (event.kind !== 'llm-usage') return 0;
  const nested: unknown = Reflect.get(event, 'usage');
  const usage = isRecord(nested) ? nested : { ...event };
  const total = totals.map((name) => toCount(Reflect.get(usage, name))).find((count) => count > 0);
  return total ?? parts.reduce((sum, name) => sum + toCount(Reflect.get(usage, name)), 0);
}

function toCount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.ceil(value) : 0;
}
