import type { ServerErrorCode } from '../failures/http-error.js';
import type { TurnEvent } from './turn-event.js';

const code: ServerErrorCode = 'EVENTS_LOST';
const message =
  'Some events of this turn are no longer held. Read the state of the session: GET /invocations, or {"type":"status"}.';

/** Sent in place of events that were dropped. Its number is that of the last of them, so that nobody is told twice. */
export const eventsLost: TurnEvent = { kind: 'error', data: JSON.stringify({ code, message }) };
