import { AgentStoreError, type AgentStoreErrorCode, isAgentStoreError } from '../../domain/errors.js';
import { isError } from '../../domain/values/built-in.js';
import { type Explanation, explainNetwork } from '../network-errors.js';

/** For each message, what Redis or its client says when it is the right one. */
type Explanations = Readonly<Record<string, RegExp>>;

/** What somebody has to correct. */
const mistakes: Explanations = {
  'Redis refused the user name or the password. Correct those of the client or in "url".':
    /\b(WRONGPASS|NOAUTH)\b|invalid password/,
  'Redis denies a command or the key. Allow GET, GETRANGE, EXISTS, SET, DEL, EVAL and EVALSHA on the keys of the store.':
    /\bNOPERM\b|ACL failure|can't run this command/,
  'Redis does not know a command. The store needs GET, GETRANGE, EXISTS, SET, DEL, EVAL and EVALSHA.':
    /unknown command/,
  'The server is one node of a Redis Cluster. Give a "client" that is a Cluster of ioredis.': /^MOVED /,
  'There is no such database on the server. Correct its number.': /DB index|SELECT is not allowed/,
};

/** What is larger than the server takes. */
const limits: Explanations = {
  'The state is larger than the server allows. Keep less in it, or raise "proto-max-bulk-len".':
    /invalid bulk length/,
};

/** What passes, by itself or with somebody's help. */
const outages: Explanations = {
  'Redis is out of memory, and nothing was written. Raise "maxmemory", or let states expire with "ttlSeconds".':
    /\bOOM\b/,
  'The server is a replica, and nothing was written. Connect to the primary; after a failover, retry.':
    /\bREADONLY\b/,
  'Redis cannot write its data to its disk, and changes nothing until it can. Look at its log and its disk.':
    /\bMISCONF\b/,
  'Redis has fewer replicas than "min-replicas-to-write" wants, and nothing was written. Bring them back, or retry in a while.':
    /\bNOREPLICAS\b/,
  'Redis is busy with a script that somebody else runs. Retry in a while, or end it with SCRIPT KILL.':
    /\bBUSY\b/,
  'Nobody serves the key while a primary is down, and nothing was written. Retry in a while.':
    /\bMASTERDOWN\b|\bCLUSTERDOWN\b/,
  'Redis is still loading its data. Retry in a while.': /\bLOADING\b/,
};

/** The first that fits counts. If none does, the outcome is not known. */
const explanations: readonly (readonly [AgentStoreErrorCode, Explanations])[] = [
  ['CONFIGURATION', mistakes],
  ['TOO_LARGE', limits],
  ['UNAVAILABLE', outages],
];

const advice = 'Check the network, the address and the credentials; retrying may help.';

function explain(said: string, cause: unknown): Explanation {
  for (const [code, messages] of explanations) {
    const found = Object.entries(messages).find(([, pattern]) => pattern.test(said));
    if (found !== undefined) return { code, message: found[0] };
  }
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
