import type { TurnStore } from '../../domain/turn-store.js';
import type { AppConfig } from '../config.js';
import { forbidden } from './authorization.js';

/**
 * Lets only the owner of a session go on. A session that is nobody's becomes the caller's with a turn, and can be looked at by
 * everybody until then: there is nothing in it.
 *
 * @throws HttpError `FORBIDDEN` if the session is somebody else's, or the caller is nobody.
 */
export async function requireOwner(
  ownerOf: NonNullable<AppConfig['ownerOf']>,
  owners: Pick<TurnStore, 'claim' | 'owner'>,
  { authContext, sessionId, isTurn }: { authContext: unknown; sessionId: string; isTurn: boolean },
): Promise<void> {
  const caller = await nameCaller(ownerOf, authContext);
  const isOwner = isTurn
    ? await owners.claim(sessionId, caller)
    : [null, caller].includes(await owners.owner(sessionId));
  if (!isOwner) throw forbidden();
}

async function nameCaller(ownerOf: NonNullable<AppConfig['ownerOf']>, authContext: unknown): Promise<string> {
  let caller: unknown;
  try {
    caller = await ownerOf(authContext);
  } catch (cause) {
    throw forbidden({ cause });
  }
  if (typeof caller === 'string' && caller !== '' && caller.isWellFormed()) return caller;
  throw forbidden();
}
