import type { AgentEvent } from '../../domain/agent.js';
import { isRecord } from '../../domain/values/objects.js';

/** Names under which models say how many tokens they took, in all or in two parts. */
const totals = ['totalTokens', 'total_tokens'];
const inputs = ['inputTokens', 'promptTokens', 'input_tokens', 'prompt_tokens'];
const outputs = ['outputTokens', 'completionTokens', 'output_tokens', 'completion_tokens'];

/** How many tokens an event tells of. */
interface TokenCount {
  readonly total: number;
  readonly input: number;
  readonly output: number;
}

/** The tokens that an event of kind `llm-usage` tells of, in itself or under `usage`; `undefined` for any other. */
export function countOf(event: AgentEvent): TokenCount | undefined {
  if (event.kind !== 'llm-usage') return undefined;
  const nested: unknown = Reflect.get(event, 'usage');
  const usage = isRecord(nested) ? nested : { ...event };
  const input = sum(usage, inputs);
  const output = sum(usage, outputs);
  const total = totals.map((name) => toCount(Reflect.get(usage, name))).find((count) => count > 0);
  return { total: total ?? input + output, input, output };
}

function sum(usage: object, names: readonly string[]): number {
  return names.reduce((count, name) => count + toCount(Reflect.get(usage, name)), 0);
}

function toCount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.ceil(value) : 0;
}
