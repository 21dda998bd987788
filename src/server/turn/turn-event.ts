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
  const fields: Fields = Object(event);
  return { kind: event.kind, data: flatText(fields) ?? JSON.stringify(richData(fields)) };
}

type Fields = Readonly<Record<string, unknown>>;

/** What the stream says already. */
function isSaid(name: string): boolean {
  return name === 'kind' || name === 'contextId';
}

/** What `JSON.stringify` would write, in half its time on Node 20; `undefined` unless all fields are flat, as those of most events are. */
function flatText(fields: Fields): string | undefined {
  let text = '';
  for (const name of Object.keys(fields)) {
    if (isSaid(name)) continue;
    const value = fields[name];
    if (!isFlat(value)) return undefined;
    const written = typeof value === 'string' ? quote(value) : JSON.stringify(value);
    if (written !== undefined) text += `${text === '' ? '' : ','}${quote(name)}:${written}`;
  }
  return `{${text}}`;
}

function richData(fields: Fields): object {
  const data: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) if (!isSaid(name)) setOwn(data, name, fields[name]);
  return Object(toPlainJson(data));
}

function isFlat(value: unknown): boolean {
  return (
    value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'bigint')
  );
}

/** Without quotes, backslashes, control characters and halves of surrogate pairs, a text is its own JSON. */
const plainText = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

function quote(text: string): string {
  return plainText.test(text) ? `"${text}"` : JSON.stringify(text);
}
