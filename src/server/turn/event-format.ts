import type { AgentEvent } from '../../domain/agent.js';
import { toPlainJson } from '../../domain/values/plain-json.js';
import { toHttpError } from '../failures/http-error.js';
import type { Redactor } from '../failures/redactor.js';
import { hasFailed } from './event-gate.js';

/** How the events of a turn become the text of a response. */
export interface EventFormat {
  readonly contentType: string;
  /** Sent while there is nothing else to send, so that nobody on the way takes the connection for dead. */
  readonly keepAlive: string;
  /** True if keep-alives may be sent before the agent has started its turn. */
  readonly opensEarly: boolean;
  event(event: AgentEvent): string;
  end(): string;
}

/** The format a caller accepts: one JSON document only if it asks for JSON and not for a stream. */
export function createFormat(accept = ''): EventFormat {
  const types = accept.toLowerCase();
  const wantsJson = types.includes('application/json') && !types.includes('text/event-stream');
  return wantsJson ? createJsonFormat() : createSseFormat();
}

/** A failure as the last event of a stream: a code and a message, without a stack. */
export function toErrorEvent(error: unknown, redactor: Redactor): AgentEvent {
  const { code } = toHttpError(error);
  const message = redactor.message(error) || 'The agent failed.';
  const event = { kind: 'error', code, message };
  return event;
}

/** Server-sent events. */
function createSseFormat(): EventFormat {
  let count = 0;
  return {
    contentType: 'text/event-stream; charset=utf-8',
    // One line end: with a blank line, some clients take it for an event without data, and fail.
    keepAlive: ': keep-alive\n',
    opensEarly: true,
    event(event) {
      count++;
      const id = readId(event) ?? count;
      return `id: ${oneLine(id)}\nevent: ${oneLine(event.kind)}\ndata: ${JSON.stringify(eventData(event))}\n\n`;
    },
    end: () => '',
  };
}

/** One JSON document with all events and the final content, for callers that do not stream. */
function createJsonFormat(): EventFormat {
  const events: AgentEvent[] = [];
  const content = new FinalContent();
  return {
    contentType: 'application/json; charset=utf-8',
    keepAlive: '\n',
    opensEarly: false,
    event(event) {
      content.add(event);
      events.push({ ...eventData(event), kind: event.kind });
      return '';
    },
    end: () => JSON.stringify({ ...readError(events.at(-1)), content: content.text, events }),
  };
}

/** What a turn failed with, if it did. */
function readError(last: AgentEvent | undefined): object {
  if (last === undefined || !hasFailed(last)) return {};
  const {
    code = 'AGENT_FAILED',
    message = 'The agent failed.',
  }: AgentEvent & { code?: unknown; message?: unknown } = last;
  return { error: { code, message } };
}

/** The event without its kind and its session, which the stream says already. */
function eventData(event: AgentEvent): object {
  // JSON leaves out what is undefined.
  const data = { ...event, kind: undefined, contextId: undefined };
  // Most events are flat, and JSON can say them as they are.
  return Object.values(data).every(isFlat) ? data : Object(toPlainJson(data));
}

function isFlat(value: unknown): boolean {
  return (
    value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'bigint')
  );
}

function readId(event: AgentEvent): string | number | undefined {
  const id = readField(event, 'id');
  return (typeof id === 'string' && id !== '') || typeof id === 'number' ? id : undefined;
}

const lineBreak = /[\r\n\0]/;
const lineBreaks = /[\r\n\0]+/g;

/** A line break would end the field, so that the value could begin another; a NUL makes a client ignore the id. */
function oneLine(value: string | number): string {
  const text = String(value);
  return lineBreak.test(text) ? text.replace(lineBreaks, ' ') : text;
}

/** What the agent said in the end: of the task, else of the last content that is complete, else all of its deltas. */
class FinalContent {
  #task: string | undefined;
  #complete: string | undefined;
  #deltas = '';

  add(event: AgentEvent): void {
    const content = readField(event, 'content');
    const delta = readField(event, 'delta');
    if (event.kind === 'task-complete' && typeof content === 'string') this.#task = content;
    if (event.kind === 'content-complete' && typeof content === 'string') this.#complete = content;
    if (event.kind === 'content-delta' && typeof delta === 'string') this.#deltas += delta;
  }

  get text(): string {
    return this.#task ?? this.#complete ?? this.#deltas;
  }
}

function readField(event: AgentEvent, name: string): unknown {
  return Reflect.get(event, name);
}
