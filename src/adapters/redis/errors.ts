import { AgentStoreError, type AgentStoreErrorCode, isAgentStoreError } from '../../domain/errors.js';
import { isError } from '../../domain/values/built-in.js';
import { type Explanation, explainNetwork } from '../network-errors.js';

/** What Redis or its client says, and what that means to a user. If nothing fits, the outcome is not known. */
const explanations: readonly (readonly [said: RegExp, code: AgentStoreErrorCode, message: string])[] = [
  [
    /\b(WRONGPASS|NOAUTH)\b|invalid password/,
    'CONFIGURATION',
    'Redis refused the user name or the password. Correct those of the client or in "url".',
  ],
  [
    /\bNOPERM\b|ACL failure|can't run this command/,
    'CONFIGURATION',
    'Redis denies a command or the key. Allow GET, GETRANGE, EXISTS, SET, DEL, EVAL and EVALSHA on the keys of the store.',
  ],
  [
    /unknown command/,
    'CONFIGURATION',
    'Redis does not know a command. The store needs GET, GETRANGE, EXISTS, SET, DEL, EVAL and EVALSHA.',
  ],
  [
    /^MOVED /,
    'CONFIGURATION',
    'The server is one node of a Redis Cluster. Give a "client" that is a Cluster of ioredis.',
  ],
  [
    /DB index|SELECT is not allowed/,
    'CONFIGURATION',
    'There is no such database on the server. Correct its number.',
  ],
  [
    /invalid bulk length/,
    'TOO_LARGE',
    'The state is larger than the server allows. Keep less in it, or raise "proto-max-bulk-len".',
  ],
  [
    /\bOOM\b/,
    'UNAVAILABLE',
    'Redis is out of memory, and nothing was written. Raise "maxmemory", or let states expire with "ttlSeconds".',
  ],
  [
    /\bREADONLY\b/,
    'UNAVAILABLE',
    'The server is a replica, and nothing was written. Connect to the primary; after a failover, retry.',
  ],
  [
    /\bMISCONF\b/,
    'UNAVAILABLE',
    'Redis cannot write its data to its disk, and changes nothing until it can. Look at its log and its disk.',
  ],
  [
    /\bNOREPLICAS\b/,
    'UNAVAILABLE',
    'Redis has fewer replicas than "min-replicas-to-write" wants, and nothing was written. Bring them back, or retry in a while.',
  ],
  [
    /\bBUSY\b/,
    'UNAVAILABLE',
    'Redis is busy with a script that somebody else runs. Retry in a while, or end it with SCRIPT KILL.',
  ],
  [
    /\bMASTERDOWN\b|\bCLUSTERDOWN\b/,
    'UNAVAILABLE',
    'Nobody serves the key while a primary is down, and nothing was written. Retry in a while.',
  ],
  [/\bLOADING\b/, 'UNAVAILABLE', 'Redis is still loading its data. Retry in a while.'],
];

const advice = 'Check the network, the address and the credentials; retrying may help.';

function explain(said: string, cause: unknown): Explanation {
  const found = explanations.find(([pattern]) => pattern.test(said));
  if (found !== undefined) return { code: found[1], message: found[2] };
  const message = `Redis did not answer as it should. ${advice}`;
  return explainNetwork(cause, advice) ?? { code: 'UNAVAILABLE', message };
}

/** What went wrong with a key, and what to do about it, as the error of a store with the client's as its cause. */
export function toAgentStoreError(error: unknown, key: string): AgentStoreError {
  if (isAgentStoreError(error)) return error;
  const cause = withoutArguments(error);
  const said = isError(cause) ? cause.message : '';
  if (/\bWRONGTYPE\b/.test(said)) {
    const message = `What is stored under the key ${JSON.stringify(key)} is no string. It stays as it is until it is deleted.`;
    return new AgentStoreError('CORRUPTED', message, { cause });
  }
  const { code, message } = explain(said, cause);
  return new AgentStoreError(code, message, { cause });
}

/** An error without the command that failed: with a state, or a password, among its arguments it must not reach a log. */
function withoutArguments(error: unknown): unknown {
  if (!isError(error)) return error;
  Reflect.deleteProperty(error, 'command');
  const end = error.message.indexOf(', with args');
  return end === -1 ? error : new Error(error.message.slice(0, end));
}
