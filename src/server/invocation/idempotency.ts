import { loadCrypto } from '../../domain/node-modules.js';
import type { TurnRequest } from '../../domain/turn-store.js';
import { badRequest } from '../failures/http-error.js';
import type { Exchange } from '../http/exchange.js';
import type { TurnBody } from './request-body.js';

const longestKey = 256;

/**
 * The key under which a request may come again, from the header, quoted or not, or from the body.
 *
 * @throws HttpError `BAD_REQUEST` if the two differ, or the key is empty, too long or no text that can be stored.
 */
export function readIdempotencyKey(
  headers: Exchange['headers'],
  { idempotencyKey }: TurnBody,
): string | undefined {
  const header = headers['idempotency-key'];
  if (header === undefined && idempotencyKey === undefined) return undefined;
  const fromHeader = header === undefined ? undefined : unquote(header);
  if (fromHeader !== undefined && idempotencyKey !== undefined && fromHeader !== idempotencyKey)
    throw badRequest('The header Idempotency-Key and "idempotencyKey" differ.');
  const key = fromHeader ?? idempotencyKey ?? '';
  if (!key.isWellFormed()) throw badRequest('The idempotency key must be well-formed text.');
  if (key.length === 0 || key.length > longestKey)
    throw badRequest(`The header Idempotency-Key must have 1 to ${longestKey} characters.`);
  return key;
}

/** The key with a hash of what is asked: the body itself is not kept. */
export function toIdempotency(
  key: string,
  { idempotencyKey: _, ...asked }: TurnBody,
  sessionId: string,
): TurnRequest['idempotency'] {
  // With the key and the session: equal bodies of different requests have different hashes.
  const text = JSON.stringify([sessionId, key, asked]);
  return { key, hash: loadCrypto().createHash('sha256').update(text).digest('base64url') };
}

/** The text in a quoted string of a structured header; any other value as it is. */
function unquote(value: string): string {
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(value.trim());
  return quoted?.[1] === undefined ? value.trim() : quoted[1].replace(/\\(["\\])/g, '$1');
}
