import type { Exchange } from '../http/exchange.js';
import type { ObservedRequest } from '../telemetry/observed-request.js';
import type { EventId } from './event-id.js';

export interface AttachRequest {
  readonly exchange: Exchange;
  readonly sessionId: string;
  /** The last event that the caller has heard, if any. */
  readonly lastEventId: EventId | undefined;
  /** True if the caller has asked for the turn itself, and so has another one with the same key. */
  readonly isRepeat?: boolean;
  readonly observed: ObservedRequest | undefined;
}

/** How an answer ended. */
export interface AttachEnd {
  readonly status: 200 | 204;
  readonly callerLeft: boolean;
}
