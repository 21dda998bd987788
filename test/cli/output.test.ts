import { describe, expect, it } from 'vitest';
import { Progress } from '../../src/cli/output/progress.js';
import { formatBytes, formatCount, formatTable, toPrintable } from '../../src/cli/output/text.js';
import { describeTable } from '../../src/cli/stores/open-dynamodb.js';
import { describeRedis } from '../../src/cli/stores/open-redis.js';
import { parseStoreUrl } from '../../src/cli/stores/store-url.js';
import { cli } from './harness.js';

function listen(isTTY: boolean) {
  let said = '';
  const stderr = {
    isTTY,
    write(text: string) {
      said += text;
    },
  };
  return { progress: new Progress({ stderr }), said: () => said };
}

describe('progress', () => {
  it('is a line that is written over, and removed at the end', () => {
    const { progress, said } = listen(true);
    progress.show('Copying', 1);
    progress.show('Copying', 1);
    progress.show('Again', 12, 24);
    progress.show('Again', 0, 0);
    progress.end();
    progress.end();
    const bar = `Again [${'#'.repeat(12)}${'.'.repeat(12)}] 12/24`;
    const unknown = `Copying [.####${'.'.repeat(19)}] 1`;
    const lines = [unknown, bar, `Again [${'#'.repeat(24)}] 0/0`, ''];
    expect(said()).toBe(lines.map((line) => `\r\u001B[K${line}`).join(''));
  });

  it('is not for a file', () => {
    const { progress, said } = listen(false);
    progress.show('Copying', 1);
    progress.end();
    expect(said()).toBe('');
  });
});

describe('text', () => {
  it('has sizes and counts that are easy to read', () => {
    expect([999, 1_234, 2_500_000].map(formatBytes)).toEqual(['999 B', '1.2 KB', '2.5 MB']);
    expect([0, 1, 2].map((count) => formatCount(count, 'session'))).toEqual([
      '0 sessions',
      '1 session',
      '2 sessions',
    ]);
  });

  it('has columns as wide as they have to be, and nothing that commands a terminal', () => {
    expect(
      formatTable(
        ['A', 'B'],
        [
          ['long\nid', '\u0007'],
          ['x', 'y'],
        ],
      ),
    ).toBe('A        B\nlong id  �\nx        y');
    expect(toPrintable('a\tb\nc\u001B[31m\u009B')).toBe('a\tb\nc�[31m�');
  });
});

describe('a store', () => {
  it('is described without its password', () => {
    const describe = (text: string) => {
      const url = parseStoreUrl(text);
      if (url.kind === 'dynamodb') return describeTable(url);
      return url.kind === 'redis' ? describeRedis(url) : url.name;
    };
    expect(describe('dynamodb:///t-1?agentId=a')).toBe('DynamoDB table "t-1"');
    expect(describe('dynamodb://eu-west-1/t-1?agentId=a')).toBe('DynamoDB table "t-1" in eu-west-1');
    expect(describe('dynamodb:///t-1?agentId=a&endpoint=http://me:secret@localhost:8000')).toBe(
      'DynamoDB table "t-1" at http://localhost:8000',
    );
    expect(describe('redis://me:secret@host:1?agentId=a')).toBe('Redis at host:1');
    expect(describe('redis://me:secret@host:1?agentId=a&cluster=true')).toBe('Redis Cluster at host:1');
  });

  it('is sought at the port of Redis unless the URL has another one', async () => {
    const { code, err } = await cli(['sessions', 'list', 'redis://127.0.0.2?agentId=a']);
    expect([code, err]).toEqual([1, expect.stringContaining('127.0.0.2:6379')]);
  });
});
