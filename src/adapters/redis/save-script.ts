import { createHash } from 'node:crypto';
import type { Expectation, NewRecord, PutResult } from '../../domain/record-store.js';
import type { RedisCommands } from './redis-client.js';
import { fromValue, maxHeaderBytes } from './stored-value.js';

/**
 * Writes a value if what is stored meets the expectation, and says 1; or else hands over what is in the way. Without a
 * current time, it always writes. A key of another type is an error in either case.
 */
export const saveScript = `
local key, value, timeToLive, now, absent = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local header = redis.call('GETRANGE', key, 0, ${maxHeaderBytes - 1})
if now ~= '' then
  local revision, expiry = string.match(header, '^([^ \\n]+) ([^ \\n]+)\\n')
  local expiresAt = tonumber(expiry or '')
  local gone = redis.call('EXISTS', key) == 0 or (expiresAt and expiresAt * 1000 <= tonumber(now))
  local met = gone and absent == '1'
  for index = 5, #ARGV do
    met = met or (not gone and ARGV[index] == revision)
  end
  if not met then return redis.call('GET', key) end
end
if timeToLive == '' then redis.call('SET', key, value) else redis.call('SET', key, value, 'PX', timeToLive) end
return 1
`;

const sha1 = createHash('sha1').update(saveScript).digest('hex');

/** Runs the script on the server that holds the key, which is sent it where it does not know it (any more). */
export async function runSaveScript(
  client: RedisCommands,
  key: string,
  value: Uint8Array,
  { expiresAt, updatedAt }: NewRecord,
  expected: Expectation | null,
): Promise<PutResult> {
  const parameters = [
    '1',
    key,
    value,
    expiresAt === undefined ? '' : toTimeToLive(expiresAt * 1000 - updatedAt),
    ...toParameters(expected),
  ] as const;
  return toPutResult(
    await client.evalshaBuffer(sha1, ...parameters).catch((error: unknown) => {
      if (!isScriptMissing(error)) throw error;
      return client.evalBuffer(saveScript, ...parameters);
    }),
  );
}

/** In milliseconds, from whenever Redis gets it: a clock that Redis does not share must not make it end early. */
function toTimeToLive(milliseconds: number): string {
  return String(Math.min(Math.max(Math.ceil(milliseconds), 1), Number.MAX_SAFE_INTEGER));
}

function toParameters(expected: Expectation | null): string[] {
  if (expected === null) return ['', ''];
  return [String(expected.now), expected.absent ? '1' : '0', ...expected.revisions];
}

function toPutResult(reply: unknown): PutResult {
  if (reply === null) return { written: false };
  if (reply instanceof Uint8Array) return { written: false, current: fromValue(reply) };
  // A client may be configured to give numbers as text.
  if (Number(reply) === 1) return { written: true };
  throw new TypeError('The client answered with something that is no answer to a save.');
}

function isScriptMissing(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
