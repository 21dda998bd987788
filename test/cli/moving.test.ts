import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InMemoryAgentStore } from '../../src/adapters/memory/in-memory-agent-store.js';
import { memoryRecords } from '../../src/cli/stores/open-memory.js';
import { openStores } from '../../src/cli/stores/open-stores.js';
import { parseStoreUrl } from '../../src/cli/stores/store-url.js';
import { cli, cliJson } from './harness.js';
import { lastActivity, putSession, state } from './sessions.js';

let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moving-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function openMemory() {
  count += 1;
  const url = `memory:moving-${count}?agentId=support`;
  return { url, stores: await openStores(parseStoreUrl(url), { env: {} }) };
}

describe('sessions export and import', () => {
  it('carry a session, with what is more than JSON in it', async () => {
    const from = await openMemory();
    const to = await openMemory();
    await putSession(from.stores, 's');
    const { out } = await cli(['sessions', 'export', from.url, 's']);
    expect(JSON.parse(out)).toMatchObject({ version: 1, agentId: 'support', contextId: 's' });
    const imported = await cli(['sessions', 'import', to.url, '-'], { stdin: out });
    expect(imported).toEqual({ code: 0, out: 'The session "s" is there.\n', err: '' });
    expect(await to.stores.agentStore.peek('s')).toEqual(state);
    expect(await to.stores.messageStore.getCount('s')).toBe(4);
  });

  it('write and read a file, which is for its owner alone and is not written over', async () => {
    const { url, stores } = await openMemory();
    await putSession(stores, 's');
    const file = join(folder, 's.json');
    const exported = await cli(['sessions', 'export', url, 's', '--file', file]);
    expect(exported.out).toBe(`The session "s" is in ${file}.\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, 'utf8')).contextId).toBe('s');
    const again = await cli(['sessions', 'export', url, 's', '--file', file]);
    expect(again).toMatchObject({
      code: 2,
      err: expect.stringContaining('is there already. Name another one'),
    });
    expect(await cli(['sessions', 'import', url, file])).toEqual({
      code: 1,
      out: '',
      err: 'looopy-aws: The session is there already. Add --overwrite to replace all of it.\n',
    });
    expect((await cliJson(['sessions', 'import', url, file, '--overwrite'])).document).toEqual({
      agentId: 'support',
      contextId: 's',
    });
  });

  it('say what is wrong with an id or a file, and nothing of what is in it', async () => {
    const { url, stores } = await openMemory();
    expect(await cli(['sessions', 'export', url, 's'])).toMatchObject({ code: 2, out: '' });
    const text = join(folder, 'text');
    const other = join(folder, 'other.json');
    await writeFile(text, 'my secret');
    await writeFile(
      other,
      '{"version":1,"agentId":"a","contextId":"s","state":"my secret","history":[],"owner":null}',
    );
    for (const [file, says] of [
      [text, 'is no JSON'],
      [other, 'is no export of a session'],
      [join(folder, 'none'), 'does not exist'],
      [folder, 'is a folder'],
      [`${folder}/text/x`, 'cannot be used: ENOTDIR'],
      ['\0', 'cannot be used: ERR_INVALID_ARG_VALUE'],
    ] as const) {
      const { code, out, err } = await cli(['sessions', 'import', url, file]);
      expect([code, out, err]).toEqual([2, '', expect.stringContaining(says)]);
      expect(err).not.toContain('secret');
    }
    const bytes = new TextEncoder().encode('my secret');
    expect((await cli(['sessions', 'import', url, '-'], { stdin: bytes })).err).toContain('is no JSON');
    await stores.turnStore.begin('s', { turn: 'turn-1', holder: 'h' });
    const exported = JSON.stringify({
      version: 1,
      agentId: 'a',
      contextId: 's',
      exportedAt: '',
      state: null,
      history: [],
      owner: 'ada',
    });
    const refused = await cli(['sessions', 'import', url, '-'], { stdin: exported });
    expect(refused).toMatchObject({ code: 1, out: '' });
  });
});

describe('sessions copy', () => {
  it('copies all sessions, and goes on if it is run again', async () => {
    const from = await openMemory();
    const to = await openMemory();
    for (const id of ['a', 'b', 'c']) await putSession(from.stores, id);
    const argv = ['sessions', 'copy', '--from', from.url, '--to', to.url];
    const { code, out, err } = await cli(argv, { isTTY: true });
    expect([code, out]).toEqual([
      0,
      'Copied: 3. From: 3 sessions with 12 messages. To: 3 sessions with 12 messages.\n',
    ]);
    expect(err).toContain('Copying sessions: [...####');
    expect(err).toContain('Looking again (2) [');
    expect((await cliJson(argv)).document).toMatchObject({ copied: 0, complete: true });
    expect(await to.stores.agentStore.peek('b')).toEqual(state);
  });

  it('fails if a session there was active later, or cannot be read, and says which', async () => {
    const from = await openMemory();
    const to = await openMemory();
    for (const id of ['a', 'b']) await putSession(from.stores, id);
    await putSession(to.stores, 'a', { lastActivity: new Date(lastActivity.getTime() + 1_000) });
    await from.stores.agentStore.update('b', () => ({ ...state, metadata: { text: 'x'.repeat(5_000) } }));
    const small = `${to.url}&maxStateBytes=2000`;
    const { code, out, err } = await cli(['sessions', 'copy', '--from', from.url, '--to', small]);
    expect(code).toBe(1);
    expect(out).toContain('Left as it is there, since it was active later: a\n');
    expect(out).toMatch(/^Not copied: b: .*\n/m);
    expect(err).toBe(
      'looopy-aws: The copy is not complete: sessions differ there, or change too fast. Run it again to go on.\n',
    );
  });

  it('ends when it is interrupted', async () => {
    const from = await openMemory();
    const to = await openMemory();
    await putSession(from.stores, 'a');
    const controller = new AbortController();
    controller.abort('SIGINT');
    const argv = ['sessions', 'copy', '--from', from.url, '--to', to.url];
    expect(await cli(argv, { controller })).toEqual({ code: 130, out: '', err: '' });
    expect(await to.stores.agentStore.peek('a')).toBe(null);
  });
});

describe('sessions prune', () => {
  it('erases what is old, but only if it is told to', async () => {
    const { url, stores } = await openMemory();
    for (const id of ['old', 'new', 'used'])
      await stores.agentStore.update(id, () => ({
        ...state,
        ...(id === 'new' && { lastActivity: new Date() }),
      }));
    await stores.turnStore.begin('used', { turn: 'turn-1', holder: 'h' });
    const serializer = { serialize: () => 'no state', deserialize: () => state };
    const records = memoryRecords(new URL(url).pathname);
    const other = new InMemoryAgentStore({ agentId: 'support', records, serializer });
    await other.update('unreadable', () => state);
    const argv = ['sessions', 'prune', url, '--older-than', '1d'];
    const dry = await cli(argv, { isTTY: true });
    expect(dry.code).toBe(0);
    expect(dry.out).toMatch(
      /^Would erase [12] sessions? not active since \S+, 0 empty records and 0 orphaned parts\.\n/,
    );
    expect(dry.out).toContain('Nothing has been changed. Add --yes to do it.\n');
    expect(dry.out).toContain('Stays, since it cannot be read: unreadable\n');
    expect(dry.err).toContain('Looking at sessions: [....####');
    expect(await stores.agentStore.peek('old')).not.toBe(null);
    const done = await cliJson([...argv, '--yes']);
    expect(done.document).toMatchObject({ dryRun: false, sessions: ['old'], inUse: ['used'] });
    expect(await stores.agentStore.peek('old')).toBe(null);
    expect(await stores.agentStore.peek('new')).not.toBe(null);
    const again = await cli([...argv, '--yes']);
    expect(again.out).toMatch(/^Erased 0 sessions/);
    expect(again.out).toContain('Stays, since somebody uses it: used\n');
  });

  it('says so if it cannot tell which parts are orphaned', async () => {
    const { url, stores } = await openMemory();
    await stores.agentStore.update('new', () => ({ ...state, lastActivity: new Date() }));
    const records = memoryRecords(new URL(url).pathname);
    const note = { revision: 'r1', updatedAt: 0, entityType: 'note', data: {}, text: '{"json":{}}' };
    await records.put({ partition: 'agent#support', sort: 'note#1' }, note, null);
    const { code, out } = await cli(['sessions', 'prune', url, '--older-than', '1d']);
    expect([code, out]).toEqual([0, expect.stringContaining('Which parts are orphaned cannot be told')]);
  });
});
