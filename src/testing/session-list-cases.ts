import assert from 'node:assert/strict';
import type { AgentStore } from '../domain/agent-store.js';
import { defaultSerializer } from '../domain/default-serializer.js';
import { isAgentStoreError } from '../domain/errors.js';
import type { SessionList, SessionSummary } from '../domain/sessions/session-list.js';
import { toStateText } from '../domain/values/text.js';
import type { ContractStoreOptions } from './backend.js';
import type { Cases } from './contract-case.js';
import { assertFails, createClock, createState, ids } from './fixtures.js';

const { agentId, contextId } = ids;

/** `listSessions`: what is there, page by page. */
export const sessionListCases: Cases<AgentStore & SessionList, ContractStoreOptions> = {
  'lists what a session is: its status, when it was last active, its size and its expiry': async ({
    open,
  }) => {
    const { now } = createClock();
    const state = createState(1, { status: 'waiting-input', metadata: { at: new Date(4), text: 'é🙂' } });
    await open({ now, ttlSeconds: 60 }).save(contextId, state);
    await open({ now }).save('session-2', createState(2));
    const { sessions, next } = await open({ now }).listSessions();
    assert.equal(next, undefined);
    const { lastActivity: updatedAt } = state;
    const expiresAt = new Date(now() + 60_000);
    assert.deepEqual(byId(sessions), [
      { agentId, contextId, status: 'waiting-input', updatedAt, bytes: await sizeOf(state), expiresAt },
      { agentId, contextId: 'session-2', status: 'idle', updatedAt, bytes: await sizeOf(createState(2)) },
    ]);
  },

  'lists the size of a state that is over several records': async ({ open }) => {
    const state = createState(1, { metadata: { text: 'ab\n'.repeat(300_000) } });
    await open().save(contextId, state);
    const { sessions } = await open().listSessions();
    assert.deepEqual(
      sessions.map(({ bytes }) => bytes),
      [await sizeOf(state)],
    );
  },

  'lists all sessions, whatever their ids, and those of no other agent': async ({ open }) => {
    const odd = ['é🙂', 'a#b', '*', '%', '%3A:', '{a}', '[x]', 'a\\b', 'context#', ' '];
    const contextIds = [...odd, ...Array.from({ length: 105 }, (_, index) => `session-${index}`)];
    const ours = open();
    await Promise.all(contextIds.map((id) => ours.save(id, createState(1))));
    await open({ agentId: 'support-2' }).save(contextId, createState(1));
    await open({ contextKeyPrefix: 'other#' }).save('other', createState(1));
    const pages = await listAll(open(), 10);
    assert.deepEqual(pages.flat().sort(), contextIds.sort());
    assert.ok(
      pages.every((page) => page.length <= 10),
      'A page has more sessions than it may.',
    );
    const { sessions, next } = await open().listSessions();
    assert.ok(sessions.length <= 100 && next !== undefined, 'Without a limit, a page has at most 100.');
  },

  'leaves out what has expired, and what was deleted': async ({ open }) => {
    const { now, advance } = createClock();
    const ours = open({ now });
    for (const id of ['kept', 'deleted']) await ours.save(id, createState(1));
    await open({ now, ttlSeconds: 60 }).save('expired', createState(1));
    await ours.delete('deleted');
    advance(60_000);
    assert.deepEqual((await listAll(open({ now }), 1)).flat(), ['kept']);
    await open({ now }).save('expired', createState(1));
    assert.deepEqual((await listAll(open({ now }), 1)).flat().sort(), ['expired', 'kept']);
  },

  'lists a session that stays on exactly one page, while others come and go': async ({ open }) => {
    const ours = open();
    const staying = Array.from({ length: 9 }, (_, index) => `session-${index}`);
    for (const id of staying) await ours.save(id, createState(1));
    for (const id of ['a', 'session-40', 'z']) await ours.save(id, createState(1));
    const listed: string[] = [];
    let after: string | undefined;
    for (let page = 0; page === 0 || after !== undefined; page++) {
      const { sessions, next } = await ours.listSessions({ after, limit: 3 });
      listed.push(...sessions.map(({ contextId }) => contextId));
      after = next;
      if (page === 0) for (const id of ['a', 'session-40', 'z']) await ours.delete(id);
      await ours.save(`b-${page % 5}`, createState(1)).catch(() => undefined);
      await ours.save(`session-5${page % 5}`, createState(1)).catch(() => undefined);
    }
    const found = listed.filter((id) => staying.includes(id)).sort();
    assert.deepEqual(found, staying);
  },

  'lists a session that cannot be read as such, and leaves it as it is': async ({ open, backend }) => {
    await backend.corrupt(ids);
    await open().save('session-2', createState(1));
    const store = open();
    await assert.doesNotReject(store.listSessions());
    const [unreadable, other] = byId((await store.listSessions()).sessions);
    const nothing = { status: 'unreadable', updatedAt: new Date(0), bytes: 0 };
    assert.deepEqual(unreadable, { agentId, contextId, ...nothing });
    assert.equal(other?.contextId, 'session-2');
    await assertFails(open().load(contextId), 'CORRUPTED');
  },

  'does not count a list as a load': async ({ open }) => {
    const [ours, theirs] = [open(), open()];
    await ours.save(contextId, createState(1));
    await theirs.listSessions();
    await assertFails(theirs.save(contextId, createState(9)), 'CONFLICT');
  },

  'reports a list that fails, and refuses one that cannot work': async ({ open, backend }) => {
    const ours = open();
    await ours.save(contextId, createState(1));
    for (const skipped of [0, 1]) {
      for (let count = 0; count < skipped; count++) backend.faults.passNext();
      backend.faults.failNext();
      const error = await assertFails(ours.listSessions(), 'UNAVAILABLE');
      assert.ok(isAgentStoreError(error) && error.operation === 'listSessions' && error.agentId === agentId);
    }
    for (const limit of [0, -1, 1.5, Number.NaN])
      await assertFails(ours.listSessions({ limit }), 'CONFIGURATION');
    assert.equal((await ours.listSessions()).sessions.length, 1);
    await ours.close();
    await assertFails(ours.listSessions(), 'UNAVAILABLE');
  },
};

/** The ids of all sessions, by their pages. */
async function listAll(store: SessionList, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let after: string | undefined;
  do {
    const { sessions, next } = await store.listSessions({ after, limit });
    pages.push(sessions.map(({ contextId }) => contextId));
    after = next;
  } while (after !== undefined);
  return pages;
}

function byId(sessions: readonly SessionSummary[]): SessionSummary[] {
  return [...sessions].sort((a, b) => a.contextId.localeCompare(b.contextId));
}

async function sizeOf(state: object): Promise<number> {
  return Buffer.byteLength(toStateText(await defaultSerializer.serialize(state, ids)));
}
