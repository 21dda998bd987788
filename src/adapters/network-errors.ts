import type { AgentStoreErrorCode } from '../domain/errors.js';
import { isError } from '../domain/values/built-in.js';

/** What went wrong, by kind and in words. */
export interface Explanation {
  readonly code: AgentStoreErrorCode;
  readonly message: string;
}

const tlsCodes = /^(ERR_TLS_|ERR_SSL_|EPROTO$|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_|HOSTNAME_MISMATCH)/;

/**
 * What a failure to reach a server means; `undefined` for any other failure.
 *
 * @param advice - What to do, as a sentence.
 */
export function explainNetwork(error: unknown, advice: string): Explanation | undefined {
  const reason: unknown = isError(error) && 'code' in error ? error.code : undefined;
  if (!isError(error) || typeof reason !== 'string') return undefined;
  // Several addresses of one name were tried: that error has no words of its own.
  const said = error.message || reason;
  if (reason === 'ECONNREFUSED')
    return { code: 'UNAVAILABLE', message: `Nothing listens there: ${said}. ${advice}` };
  if (reason === 'ENOTFOUND' || reason === 'EAI_AGAIN')
    return { code: 'UNAVAILABLE', message: `The name of the host is not known: ${said}. ${advice}` };
  if (!tlsCodes.test(reason)) return undefined;
  const message = `No TLS connection could be made: ${reason}. Correct the protocol and the host name, or the certificates that are trusted.`;
  return { code: 'CONFIGURATION', message };
}
