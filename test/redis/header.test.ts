import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fromValue } from '../../src/adapters/redis/stored-value.js';
import { writeScript } from '../../src/adapters/redis/write-script.js';
import { isExpectationMet } from '../../src/domain/record-store.js';
import { RedisServer } from '../backends/redis-server.js';
import { runs } from '../property/options.js';

const now = 1_800_000_000_000;
const batch = 20;

let server: RedisServer;
let client: Redis;

beforeAll(async () => {
  server = await RedisServer.start();
  client = new Redis(server.url);
});
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

const field = (...texts: string[]) => fc.constantFrom(...texts);

/** A header as the store writes it. */
const header = fc
  .tuple(
    field('a', 'revision', 'Yk3v0dPq1mC9cJr2TzA7xw', 'r'.repeat(64), 'r'.repeat(65)),
    field('-', '0', '1799999999', '1800000000', '1800000001', '9'.repeat(15), '9'.repeat(16)),
    field('', ' -', ' 1', ' 5', ' 999999999999999'),
    field('', ' AAAAAAAAAAAA', ` ${'_'.repeat(96)}`, ` ${'-'.repeat(97)}`),
  )
  .map(([revision, expiry, ...rest]) => Buffer.from(`${revision} ${expiry}${rest.join('')}`));

/** Bytes that have fooled one reader or the other, and any other. */
const byte = fc.oneof(
  field('\0', '\n', '\r', ' ', '-', '5', 'a', '~', '%').map((text) => text.charCodeAt(0)),
  fc.nat(255),
);

const mutation = fc.record({ at: fc.nat(200), remove: fc.nat(2), insert: fc.array(byte, { maxLength: 2 }) });

const value = fc
  .tuple(header, fc.array(mutation, { maxLength: 3 }), field('\n{"json":{}}', '\n', ''))
  .map(([start, mutations, end]) => {
    const bytes = [...start, ...Buffer.from(end)];
    for (const { at, remove, insert } of mutations) bytes.splice(at % (bytes.length + 1), remove, ...insert);
    return Buffer.from(bytes);
  });

const attempt = fc.record({
  value,
  absent: fc.boolean(),
  token: fc.option(fc.constantFrom(0, 1, 5, 10 ** 15), { nil: undefined }),
});

it('the script writes over a value only if what is read of it meets the expectation, whatever its bytes', async () => {
  let decided = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(attempt, { minLength: batch, maxLength: batch }), async (attempts) => {
      const outcomes = await Promise.all(
        attempts.map(async ({ value, absent, token }, index) => {
          const key = `key-${index}`;
          const stored = fromValue(value);
          const revisions = ['a', 'revision', ...(stored.revision === '' ? [] : [stored.revision])];
          const expected = { absent, revisions, now, ...(token !== undefined && { token }) };
          await client.set(key, value);
          const given = ['new', '', String(now), absent ? '1' : '0', String(token ?? ''), ...revisions];
          const answer: unknown = await client.eval(writeScript, 1, key, ...given);
          return [answer === 1, isExpectationMet(expected, stored), value.toString('latin1')];
        }),
      );
      for (const [written, isMet, text] of outcomes) expect([written, text]).toEqual([isMet, text]);
      decided += outcomes.length;
    }),
    runs(),
  );
  expect(decided).toBeGreaterThanOrEqual(20_000);
});
