import type { AgentEvent } from '../../domain/agent.js';
import { toPlainJson } from '../../domain/values/plain-json.js';

/** An event as it is sent and kept: its kind, and as JSON text everything else that the stream does not say already. */
export interface TurnEvent {
  readonly kind: string;
  readonly data: string;
}

/** Writes an event as text, once for all who hear it. Throws if a field of it cannot be read. */
export function toTurnEvent(event: AgentEvent): TurnEvent {
  return { kind: event.kind, data: JSON.stringify(eventData(event)) };
}

function eventData(event: AgentEvent): object {
  // Not copied whole and then overwritten, which takes Node 20 five times as long as the text.
  const { kind: _kind, contextId: _contextId, ...data }: AgentEvent & Record<string, unknown> = { ...event };
  // Most events are flat, and JSON can say them as they are.
  for (const name in data) if (!isFlat(data[name])) return Object(toPlainJson(data));
  return data;
}

function isFlat(value: unknown): boolean {
  return (
    value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'bigint')
  );
}
