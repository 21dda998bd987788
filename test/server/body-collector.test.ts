import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { BodyCollector } from '../../src/server/http/body-collector.js';

it('puts chunks of any size together', () => {
  const collector = new BodyCollector(10_000);
  let expected = '';
  for (let index = 0; index < 2_500; index++) {
    const text = String(index % 1_000);
    collector.add(Buffer.from(text));
    expected += text;
  }
  expect(Buffer.from(collector.whole()).toString()).toBe(expected);
});

it('takes as many bytes as it may, and no more', () => {
  const collector = new BodyCollector(3);
  collector.add(Buffer.from('abc'));
  collector.add(Buffer.from(''));
  for (const _ of [1, 2]) {
    expect(() => collector.add(Buffer.from('d'))).toThrow(
      expect.objectContaining({ code: 'BODY_TOO_LARGE' }),
    );
  }
});

it('takes no more memory for single bytes than their number is worth', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const used = () => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  const collector = new BodyCollector(1_000_000);
  for (let index = 0; index < 1_000_000; index++) collector.add(new Uint8Array(1));
  expect(used() - before).toBeLessThan(10_000_000);
  expect(collector.whole()).toHaveLength(1_000_000);
});
