import type { AppConfig } from '../config.js';
import { HttpError } from '../failures/http-error.js';
import type { Exchange } from '../http/exchange.js';

/** What `decodeAuthorization` makes of the header. @throws HttpError `UNAUTHORIZED` without it, `FORBIDDEN` if refused. */
export async function authenticate(config: AppConfig, headers: Exchange['headers']): Promise<unknown> {
  const header = headers.authorization;
  if (header === undefined) throw new HttpError('UNAUTHORIZED', 'The header Authorization is missing.');
  const authContext = await orForbidden(async () => config.decodeAuthorization?.(header));
  if (authContext == null) throw forbidden();
  return authContext;
}

/** @throws HttpError `FORBIDDEN` unless this caller may use this session. */
export async function authorize(config: AppConfig, authContext: unknown, contextId: string): Promise<void> {
  const isAllowed = await orForbidden(async () => config.authorize?.(authContext, contextId));
  if (isAllowed !== true) throw forbidden();
}

async function orForbidden<Result>(decide: () => Promise<Result>): Promise<Result> {
  try {
    return await decide();
  } catch (cause) {
    throw forbidden({ cause });
  }
}

export function forbidden(options?: ErrorOptions): HttpError {
  return new HttpError('FORBIDDEN', 'This caller may not do this.', options);
}
