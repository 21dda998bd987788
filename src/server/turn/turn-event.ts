import type { AgentEvent } from '../../domain/agent.js';
import { setOwn } from '../../domain/values/objects.js';
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
  const fields: Readonly<Record<string, unknown>> = Object(event);
  // Built field by field: Node 20 takes a microsecond to add a property to what a spread has just made.
  const data: Record<string, unknown> = {};
  let isAllFlat = true;
  for (const name of Object.keys(fields)) {
    if (name === 'kind' || name === 'contextId') continue;
    const value = fields[name];
    isAllFlat &&= isFlat(value);
    setOwn(data, name, value);
  }
  // Most events are flat, and JSON can say them as they are.
  return isAllFlat ? data : Object(toPlainJson(data));
}

function isFlat(value: unknown): boolean {
  return (
    value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'bigint')
  );
}
