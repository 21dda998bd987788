import { loadCrypto } from '../../domain/node-modules.js';
import type { Expectation, WriteResult } from '../../domain/record-store.js';
import { isBytes, isError } from '../../domain/values/built-in.js';
import type { RedisCommands } from './connection.js';
import { toAgentStoreError } from './errors.js';
import { fromValue, maxHeaderBytes } from './stored-value.js';

/** What is to be stored under a key. */
export interface ValueWrite {
  /** Empty to store nothing, and to remove what is stored. */
  readonly value: string | Uint8Array;
  /** In milliseconds; without it, the value stays. */
  readonly timeToLive?: number | undefined;
}

/**
 * If what is stored meets the expectation, writes the value, or removes what is stored, and answers 1. Otherwise it answers with
 * the value that is in the way. Without a current time there is no expectation. A key of another type is an error in any case.
 */
export const writeScript = `
local key, value, timeToLive, now, absent, token = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local header = redis.call('GETRANGE', key, 0, ${maxHeaderBytes - 1})
if now ~= '' then
  local revision, expiry, rest = string.match(header, '^([!-~]+) ([%d-]+)([^\\n]*)\\n')
  local expiresAt, stored
  if revision then
    local token, lineage = string.match(rest, '^ ([%d-]+)(.*)$')
    local isNumber = function(text) return #text <= 15 and string.match(text, '^%d+$') end
    expiresAt, stored = isNumber(expiry), token and isNumber(token)
    local isForm = #revision <= 64 and (expiry == '-' or expiresAt) and (rest == '' or token)
      and (not token or token == '-' or stored)
      and (not token or lineage == '' or (#lineage <= 97 and string.match(lineage, '^ [%w_-]+$')))
    if not isForm then revision, expiresAt, stored = nil, nil, nil end
  end
  local isThere = header ~= '' or redis.call('EXISTS', key) == 1
  local gone = not isThere or (expiresAt and tonumber(expiresAt) * 1000 <= tonumber(now))
  local met = gone and absent == '1'
  for index = 6, #ARGV do
    met = met or (not gone and ARGV[index] == revision)
  end
  if token ~= '' and (tonumber(stored or '') or 0) > tonumber(token) then met = false end
  if not met then return redis.call('GET', key) end
end
if value == '' then
  redis.call('DEL', key)
elseif timeToLive == '' then
  redis.call('SET', key, value)
else
  redis.call('SET', key, value, 'PX', timeToLive)
end
return 1
`;

/** By what the server knows the script. Made for the first write. */
let sha1: string | undefined;

/**
 * Runs the script on the server that holds the key. The whole script is sent only if the server does not know it.
 *
 * If something else uses the key, a write with an expectation is refused: the load that must follow says what is wrong.
 */
export function runWriteScript(
  client: RedisCommands,
  key: string,
  { value, timeToLive }: ValueWrite,
  expected: Expectation | null,
): Promise<WriteResult> {
  sha1 ??= loadCrypto().createHash('sha1').update(writeScript).digest('hex');
  const parameters = ['1', key, value, String(timeToLive ?? ''), ...toParameters(expected)] as const;
  const explain = (error: unknown): WriteResult => {
    const failure = toAgentStoreError(error, key);
    if (expected === null || failure.code !== 'CORRUPTED') throw failure;
    return { written: false, cause: failure.cause };
  };
  return client
    .evalshaBuffer(sha1, ...parameters)
    .then(toWriteResult, (error: unknown) =>
      isScriptMissing(error)
        ? client.evalBuffer(writeScript, ...parameters).then(toWriteResult, explain)
        : explain(error),
    );
}

function toParameters(expected: Expectation | null): string[] {
  if (expected === null) return ['', '', ''];
  const { now, absent, token = '', revisions } = expected;
  return [String(now), absent ? '1' : '0', String(token), ...revisions];
}

function toWriteResult(reply: unknown): WriteResult {
  if (reply === null) return { written: false };
  if (isBytes(reply)) return { written: false, current: fromValue(reply) };
  // A client may be configured to give numbers as text.
  if (Number(reply) === 1) return { written: true };
  throw new TypeError('The client answered with something that is no answer to a save.');
}

function isScriptMissing(error: unknown): boolean {
  return isError(error) && error.message.startsWith('NOSCRIPT');
}
