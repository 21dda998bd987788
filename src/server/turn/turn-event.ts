import type { AgentEvent } from '../../domain/agent.js';
import { setOwn } from '../../domain/values/objects.js';
import { toPlainJson } from '../../domain/values/plain-json.js';
import { NameCache } from './name-cache.js';

/** An event as it is sent and kept: its kind, and as JSON text everything else that the stream does not say already. */
export interface TurnEvent {
  readonly kind: string;
  readonly data: string;
  /** True if both are known to be ASCII, so that their bytes need not be counted. */
  readonly isAscii?: boolean | undefined;
}

/** Writes an event as text, once for all who hear it. Throws if a field of it cannot be read. */
export function toTurnEvent(event: AgentEvent): TurnEvent {
  const fields: Fields = Object(event);
  return toFlatEvent(event.kind, fields) ?? { kind: event.kind, data: richText(fields), isAscii: false };
}

type Fields = Readonly<Record<string, unknown>>;

/** What the stream says already. */
function isSaid(name: string): boolean {
  return name === 'kind' || name === 'contextId';
}

/** Without quotes and backslashes, a text of visible ASCII is its own JSON. */
const plainAscii = /^[ !#-[\]-~]*$/;
/** So is any text without those, control characters and halves of surrogate pairs. */
const plainText = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/**
 * Writes what `JSON.stringify` would, in half its time on Node 20; `undefined` unless all fields are flat, as those of most events are. With
 * `for`…`in`, which makes no list of the names, and with as few texts put together as can be.
 */
function toFlatEvent(kind: string, fields: Fields): TurnEvent | undefined {
  const inherits = Object.getPrototypeOf(fields) !== Object.prototype;
  let data = '';
  let isAscii = plainKinds.of(kind);
  for (const name in fields) {
    if (isSaid(name) || (inherits && !Object.hasOwn(fields, name))) continue;
    const value = fields[name];
    const label = labels.of(name);
    if (label !== undefined && typeof value === 'string' && plainAscii.test(value)) {
      data += `${data === '' ? label.first : label.next}${value}"`;
      continue;
    }
    if (!isFlat(value)) return undefined;
    const written = typeof value === 'string' ? quote(value) : JSON.stringify(value);
    if (written === undefined) continue;
    data += `${data === '' ? '{' : ','}${quote(name)}:${written}`;
    isAscii &&= label !== undefined && typeof value !== 'string';
  }
  return { kind, data: data === '' ? '{}' : `${data}}`, isAscii };
}

/** As one text in memory. One put together by `+` stays a tree of its parts, which would be walked for each event that it is a part of. */
export function joinTexts(...texts: readonly string[]): string {
  return texts.join('');
}

function richText(fields: Fields): string {
  const data: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) if (!isSaid(name)) setOwn(data, name, fields[name]);
  return JSON.stringify(Object(toPlainJson(data)));
}

/** What is written before the value of a field that is a text. */
interface Label {
  readonly first: string;
  readonly next: string;
}

/** None for a name that is more than plain ASCII. */
const labels = new NameCache<Label | undefined>((name) => {
  if (!plainAscii.test(name)) return undefined;
  return { first: joinTexts('{"', name, '":"'), next: joinTexts(',"', name, '":"') };
});

const plainKinds = new NameCache((kind) => plainAscii.test(kind));

function isFlat(value: unknown): boolean {
  return (
    value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'bigint')
  );
}

function quote(text: string): string {
  return plainText.test(text) ? `"${text}"` : JSON.stringify(text);
}
