import type { AgentEvent } from '../../domain/agent.js';
import { toHttpError } from '../failures/http-error.js';
import type { Redactor } from '../failures/redactor.js';
import { hasFailed } from './event-gate.js';
import { eventIdStart } from './event-id.js';
import { FinalContent } from './final-content.js';
import { NameCache } from './name-cache.js';
import { joinTexts, type TurnEvent } from './turn-event.js';

/** How the events of a turn become the text of a response. */
export interface EventFormat {
  readonly contentType: string;
  /** Sent while there is nothing else to send, so that nobody on the way takes the connection for dead. */
  readonly keepAlive: string;
  /** True if keep-alives may be sent before the agent has started its turn. */
  readonly opensEarly: boolean;
  /** Without its number, the event belongs to no turn: nobody can go on from it. */
  event(event: TurnEvent, number?: number): string;
  end(): string;
}

const jsonWishes = new NameCache(
  (accept) => accept.toLowerCase().includes('application/json') && !acceptsStream(accept),
);

/** The format a caller accepts: one JSON document only if it asks for JSON and not for a stream. */
export function createFormat(accept = '', turnId = ''): EventFormat {
  return jsonWishes.of(accept) ? createJsonFormat() : new ServerSentEvents(turnId);
}

/** True for a caller that asks for server-sent events by name. */
export function acceptsStream(accept = ''): boolean {
  return accept.toLowerCase().includes('text/event-stream');
}

/** A failure as the last event of a stream: a code and a message, without a stack. */
export function toErrorEvent(error: unknown, redactor: Redactor): AgentEvent {
  const { code } = toHttpError(error);
  const message = redactor.message(error) || 'The agent failed.';
  const event = { kind: 'error', code, message };
  return event;
}

/** What is written between the id and the data of an event of a kind. */
const kindFields = new NameCache((kind) => joinTexts('\nevent: ', oneLine(kind), '\ndata: '));

class ServerSentEvents implements EventFormat {
  readonly contentType = 'text/event-stream; charset=utf-8';
  // One line end: with a blank line, some clients take it for an event without data, and fail.
  readonly keepAlive = ': keep-alive\n';
  readonly opensEarly = true;
  readonly #idStart: string;

  constructor(turnId: string) {
    this.#idStart = joinTexts('id: ', eventIdStart(turnId));
  }

  event({ kind, data }: TurnEvent, number?: number): string {
    const fields = kindFields.of(kind);
    if (number === undefined) return `${fields.slice(1)}${data}\n\n`;
    // Few texts are put together, since each takes a part of the time.
    return `${this.#idStart}${number}${fields}${data}\n\n`;
  }

  end(): string {
    return '';
  }
}

/** One JSON document with all events and the final content, for callers that do not stream. */
function createJsonFormat(): EventFormat {
  const events: AgentEvent[] = [];
  const content = new FinalContent();
  return {
    contentType: 'application/json; charset=utf-8',
    keepAlive: '\n',
    opensEarly: false,
    event({ kind, data }) {
      const fields: object = JSON.parse(data);
      const event = { kind, ...fields };
      content.add(event);
      events.push(event);
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

const lineBreaks = /[\r\n\0]+/g;

/** A line break would end the field, so that the value could begin another. */
function oneLine(text: string): string {
  return text.replace(lineBreaks, ' ');
}
