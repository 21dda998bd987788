import { badRequest } from '../failures/http-error.js';
import type { Exchange } from '../http/exchange.js';
import { type EventId, parseEventId } from '../turn/event-id.js';

const header = 'last-event-id';

/**
 * The last event that the caller has heard, by the body, the header or the query.
 *
 * @throws HttpError `BAD_REQUEST` if it has another form, or if two of them contradict each other.
 */
export function readLastEventId({ headers, query }: Exchange, inBody?: string): EventId | undefined {
  const [body, inHeader, parameter] = [inBody, headers[header], query.values[header]].map(read);
  if (query.ambiguous === header) throw contradiction();
  if (body !== undefined) {
    const others = [inHeader, parameter].filter((other) => other !== undefined);
    if (others.some(({ turn, number }) => turn !== body.turn || number !== body.number))
      throw contradiction();
  }
  // A browser that reconnects sends what it has heard since, and still the URL that it was given.
  if (inHeader !== undefined && parameter !== undefined && inHeader.turn !== parameter.turn)
    throw contradiction();
  return body ?? inHeader ?? parameter;
}

function read(text: string | undefined): EventId | undefined {
  if (text === undefined) return undefined;
  const id = parseEventId(text);
  if (id === undefined)
    throw badRequest('The last event id must be "<turn>:<number>", as the events have it.');
  return id;
}

function contradiction() {
  return badRequest('The last event id must be the same wherever it is given.');
}
