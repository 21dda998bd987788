import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { InMemoryAgentStore } from '../../src/adapters/memory/in-memory-agent-store.js';
import { InMemoryTurnStore } from '../../src/adapters/memory/in-memory-turn-store.js';
import { memoryRecords } from '../../src/cli/stores/open-memory.js';
import { openStores } from '../../src/cli/stores/open-stores.js';
import { parseStoreUrl } from '../../src/cli/stores/store-url.js';
import type { SessionSummary } from '../../src/domain/sessions/session-list.js';
import type { AgentStoreOptions } from '../../src/domain/store/agent-store-options.js';
import type { HeldTurn, TurnStore } from '../../src/domain/turn-store.js';
import { PersistentTurnStore } from '../../src/domain/turns/persistent-turn-store.js';
import type { TurnStoreOptions } from '../../src/domain/turns/turn-store-options.js';
import { cli, cliJson } from './harness.js';
import { createdAt, lastActivity, putSession, state } from './sessions.js';

const holder = 'host-1 (4711)';
let count = 0;

/** A store that no other test has, with its URL. */
async function openMemory() {
  count += 1;
  const url = `memory:test-${count}?agentId=support`;
  return { url, stores: await openStores(parseStoreUrl(url), { env: {} }) };
}

/** One over the same records, with options of its own. */
function openTurnStore(url: string, options: Partial<TurnStoreOptions>): TurnStore {
  const records = memoryRecords(new URL(url).pathname);
  return new InMemoryTurnStore({ agentId: 'support', records, ...options });
}

function openMemoryStore(url: string, options: Partial<AgentStoreOptions>): InMemoryAgentStore {
  const records = memoryRecords(new URL(url).pathname);
  return new InMemoryAgentStore({ agentId: 'support', records, ...options });
}

/** A turn that notices at once that it is to stop. */
const quick = { leaseSeconds: 1, renewSeconds: 0.01 };

async function begin(
  { turnStore }: { readonly turnStore: TurnStore },
  contextId: string,
  turn: string,
): Promise<HeldTurn> {
  const start = await turnStore.begin(contextId, { turn, holder });
  if (start.outcome !== 'begun') throw new Error(`The turn has not begun: ${start.outcome}`);
  return start.turn;
}

describe('sessions list', () => {
  it('lists every session, page by page', async () => {
    const { url, stores } = await openMemory();
    expect((await cli(['sessions', 'list', url])).out).toBe('The agent "support" has no sessions.\n');
    for (let number = 0; number < 120; number += 1)
      await stores.agentStore.update(`s-${number}`, () => state);
    const { document } = await cliJson(['sessions', 'list', url]);
    expect(document.agentId).toBe('support');
    expect(new Set(document.sessions.map((each: SessionSummary) => each.contextId)).size).toBe(120);
    const { out, err } = await cli(['sessions', 'list', url], { isTTY: true });
    expect(out.split('\n')).toHaveLength(122);
    expect(err).toContain('\r\u001B[KListing sessions: [...............####.....] 120\r\u001B[K');
  });

  it('lists as many as it is told to, with what somebody wants to know of each', async () => {
    const { url, stores } = await openMemory();
    await stores.agentStore.update('a', () => state);
    await openMemoryStore(url, { ttlSeconds: 60, now: () => 0 }).update('b', () => state);
    await openMemoryStore(url, { ttlSeconds: 60, now: () => 4e12 }).update('c', () => ({
      ...state,
      metadata: { text: 'x'.repeat(2_000) },
    }));
    expect((await cli(['sessions', 'list', url, '--limit', '2'])).out).toMatchInlineSnapshot(`
      "SESSION  STATUS  LAST ACTIVE               SIZE    EXPIRES
      a        idle    2026-11-02T09:30:00.000Z  267 B   never
      c        idle    2026-11-02T09:30:00.000Z  2.1 KB  2096-10-02T07:07:40.000Z
      "
    `);
    expect((await cliJson(['sessions', 'list', url, '--limit', '1'])).document.sessions).toHaveLength(1);
  });
});

describe('sessions erase', () => {
  it('removes all that is kept, and proves it', async () => {
    const { url, stores } = await openMemory();
    await putSession(stores, 's');
    await stores.turnStore.claim('s', 'ada');
    const turn = await begin(stores, 's', 'turn-1');
    await turn.end({ kind: 'task-complete', data: '{}' });
    expect(await cli(['sessions', 'erase', url, 's'])).toMatchObject({ code: 2, out: '' });
    expect(await cli(['sessions', 'erase', url, 's', '--verify'])).toEqual({
      code: 1,
      out: 'Still there: 1 state, 1 history, 1 events, 1 owner.\n',
      err: 'looopy-aws: Something of "s" is there. It may have been begun anew; erase it again.\n',
    });
    const { code, out, err } = await cli(['sessions', 'erase', url, 's', '--yes'], { isTTY: true });
    expect(out).toMatch(
      /^Removed of "s": 1 state, 1 history, 1 events, 1 owner\. Late writers are refused until \S+\.\n$/,
    );
    expect([code, err]).toEqual([0, expect.stringContaining('Erasing: fence …')]);
    expect((await cli(['sessions', 'erase', url, 's', '--verify'])).out).toBe('Nothing is kept of "s".\n');
    const again = await cliJson(['sessions', 'erase', url, 's', '--yes']);
    expect(again.document).toMatchObject({ operation: 'erase', contextId: 's', complete: true });
  });

  it('finds nothing of a session that has never been', async () => {
    const { url } = await openMemory();
    expect((await cli(['sessions', 'erase', url, 's', '--yes'])).out).toMatch(/^Removed of "s": nothing\./);
  });
});

describe('sessions show', () => {
  it('prints what somebody wants to know of a session', async () => {
    const { url, stores } = await openMemory();
    await putSession(stores, 's');
    expect((await cli(['sessions', 'show', url, 's'])).out).toMatchInlineSnapshot(`
      "session      s
      agent        support
      status       idle
      turns        2
      created      2026-11-01T08:00:00.000Z
      last active  2026-11-02T09:30:00.000Z
      messages     4
      "
    `);
  });

  it('tells of what waits, runs and has failed, and whose it is', async () => {
    const { url, stores } = await openMemory();
    const question = {
      toolCallId: 'c',
      toolName: 't',
      toolArguments: {},
      taskId: 't',
      prompt: 'Which\u001B seat?',
    };
    await putSession(stores, 's', {
      status: 'waiting-input',
      error: { name: 'Error', message: 'No answer\nat all' },
      pendingToolInputs: [{ ...question, inputId: 'i', inputType: 'data' }],
      pendingAuthRequests: [{ ...question, authId: 'a', authType: 'password', prompt: 'The password' }],
    });
    await stores.turnStore.claim('s', 'ada');
    const turn = await begin(stores, 's', 'turn-1');
    expect((await cli(['sessions', 'show', url, 's'])).out).toMatchInlineSnapshot(`
      "session      s
      agent        support
      status       waiting-input
      turns        2
      created      2026-11-01T08:00:00.000Z
      last active  2026-11-02T09:30:00.000Z
      error        No answer at all
      waits for    Which� seat?; The password
      messages     4
      runs turn    turn-1
      owner        ada
      "
    `);
    await turn.end({ kind: 'task-complete', data: '{}' });
  });

  it('prints the whole state as JSON', async () => {
    const { url, stores } = await openMemory();
    await putSession(stores, 's');
    expect((await cliJson(['sessions', 'show', url, 's'])).document).toEqual({
      agentId: 'support',
      contextId: 's',
      messages: 4,
      runningTurn: null,
      owner: null,
      state: {
        status: 'idle',
        turnCount: 2,
        createdAt: createdAt.toISOString(),
        lastActivity: lastActivity.toISOString(),
        metadata: { tier: 'gold', seats: [['12A', true]] },
      },
    });
  });

  it('shows a session that has only a conversation', async () => {
    const { url, stores } = await openMemory();
    await stores.messageStore.append('s', { role: 'user', content: 'Hello' });
    expect((await cli(['sessions', 'show', url, 's'])).out).toContain('status    (no state)\nmessages  1\n');
    expect((await cliJson(['sessions', 'show', url, 's'])).document).toMatchObject({
      state: null,
      messages: 1,
    });
  });
});

describe('sessions messages', () => {
  it('prints a conversation, and nothing that commands a terminal', async () => {
    const { url, stores } = await openMemory();
    await putSession(stores, 's');
    await stores.messageStore.append('s', { role: 'user', content: 'Thank you\u001B[2J\nAda' });
    expect((await cli(['sessions', 'messages', url, 's'])).out).toMatchInlineSnapshot(`
      "user: Which seat have I?
      assistant: seat({"of":"Ada"})
      tool: 12A
      assistant: You have 12A.
      user: Thank you�[2J
      Ada
      "
    `);
  });

  it('prints the newest as JSON', async () => {
    const { url, stores } = await openMemory();
    await putSession(stores, 's');
    const { document } = await cliJson(['sessions', 'messages', url, 's', '--limit', '2']);
    expect(document).toEqual({
      agentId: 'support',
      contextId: 's',
      count: 4,
      messages: [
        { role: 'tool', content: '12A', toolCallId: 'call-1' },
        { role: 'assistant', content: 'You have 12A.' },
      ],
    });
  });

  it('says that nothing has been said, and that there is no such session', async () => {
    const { url, stores } = await openMemory();
    await putSession(stores, 's');
    await stores.messageStore.clear('s');
    expect((await cli(['sessions', 'messages', url, 's'])).out).toBe('Nothing has been said.\n');
    expect(await cli(['sessions', 'messages', url, 't'])).toMatchObject({ code: 2, out: '' });
  });
});

describe('sessions delete', () => {
  it('removes a session if it is told to', async () => {
    const { url, stores } = await openMemory();
    await putSession(stores, 's');
    const refused = await cli(['sessions', 'delete', url, 's']);
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('Add --yes to do it') });
    expect(await stores.messageStore.getCount('s')).toBe(4);
    expect((await cli(['sessions', 'delete', url, 's', '--yes'])).out).toBe('The session "s" is gone.\n');
    expect([await stores.agentStore.peek('s'), await stores.messageStore.getCount('s')]).toEqual([null, 0]);
    expect((await cli(['sessions', 'delete', url, 's', '--yes'])).code).toBe(2);
  });
});

describe('sessions watch', () => {
  const interval = ['--interval', '0.001'];

  it('prints each change of the state, and the events of a turn, until it is interrupted', async () => {
    const { url, stores } = await openMemory();
    const controller = new AbortController();
    const turns: Promise<HeldTurn>[] = [];
    const start = async () => {
      await putSession(stores, 's', { status: 'busy' });
      const turn = await begin(stores, 's', 'turn-1');
      turn.log({ kind: 'content-delta', data: '{"delta":"Hello"}' });
      return turn;
    };
    const finish = async (turn: Promise<HeldTurn> | undefined) => {
      await stores.agentStore.update('s', (state) => state && { ...state, status: 'idle' });
      await (await turn)?.end({ kind: 'task-complete', data: '{}' });
    };
    /** What is done once it has been printed, in order. */
    const steps: [says: string, step: () => unknown][] = [
      ['state  none', () => turns.push(start())],
      ['content-delta', () => finish(turns[0])],
      ['task-complete', () => undefined],
      ['idle', () => controller.abort('SIGINT')],
    ];
    const outcome = await cli(['sessions', 'watch', url, 's', ...interval], {
      controller,
      onOut(out) {
        if (steps[0] !== undefined && out.includes(steps[0][0])) steps.shift()?.[1]();
      },
    });
    expect(outcome).toMatchObject({ code: 130, err: '' });
    expect(outcome.out).toMatch(/^state {2}none\n/);
    expect(outcome.out).toContain('event  1 content-delta {"delta":"Hello"}\nevent  2 task-complete {}\n');
    expect(outcome.out).toContain('state  idle, 2 turns, last active 2026-11-02T09:30:00.000Z\n');
  });

  it('is one JSON document, also when nothing more comes', async () => {
    const { url, stores } = await openMemory();
    await putSession(stores, 's');
    const controller = new AbortController();
    const onOut = () => controller.abort('SIGTERM');
    const { code, document } = await cliJson(['sessions', 'watch', url, 's', ...interval], {
      controller,
      onOut,
    });
    expect(code).toBe(143);
    expect(document).toEqual([
      { kind: 'state', status: 'idle', turns: 2, lastActive: lastActivity.toISOString() },
    ]);
    expect((await cliJson(['sessions', 'watch', url, 's'], { controller })).document).toEqual([]);
  });

  it('tells of a turn that goes on after its log only once', async () => {
    const { url } = await openMemory();
    const turnStore = openTurnStore(url, {});
    const turn = await begin({ turnStore }, 's', 'turn-1');
    const controller = new AbortController();
    let looks = 0;
    const read = vi.spyOn(PersistentTurnStore.prototype, 'read').mockImplementation(async function* () {});
    const running = vi.spyOn(PersistentTurnStore.prototype, 'runningTurn').mockImplementation(async () => {
      looks += 1;
      if (looks === 3) controller.abort('SIGINT');
      return 'turn-1';
    });
    await cli(['sessions', 'watch', url, 's', ...interval], { controller });
    expect(read).toHaveBeenCalledTimes(1);
    read.mockRestore();
    running.mockRestore();
    await turn.end({ kind: 'task-complete', data: '{}' });
  });

  it('tells of events that are no longer held', async () => {
    const { url } = await openMemory();
    const turnStore = openTurnStore(url, { maxLogEvents: 1, flushBytes: 1 });
    const turn = await begin({ turnStore }, 's', 'turn-1');
    let first: unknown;
    while (!('lost' in Object(first))) {
      turn.log({ kind: 'content-delta', data: '{}' });
      await setImmediate();
      first = (await turnStore.read('s', 'turn-1', 0).next()).value;
    }
    const controller = new AbortController();
    const onOut = (out: string) => {
      if (out.includes('no longer held')) controller.abort('SIGINT');
    };
    const { out } = await cli(['sessions', 'watch', url, 's', ...interval], { controller, onOut });
    expect(out).toMatch(/^event {2}1 to \d+ are no longer held$/m);
    await turn.end({ kind: 'task-complete', data: '{}' });
  });
});

describe('turns', () => {
  it('are listed, and cancelled', async () => {
    const { url } = await openMemory();
    const turnStore = openTurnStore(url, quick);
    expect((await cli(['turns', 'list', url])).out).toBe('No turn runs.\n');
    const turn = await begin({ turnStore }, 's', 'turn-1');
    turn.onStop(() => void turn.end({ kind: 'task-cancelled', data: '{}' }));
    const { out } = await cli(['turns', 'list', url]);
    expect(out).toMatch(
      /^SESSION {2}TURN {4}SINCE {21}RUNS AT {8}TOKENS\ns {8}turn-1 {2}\S{24} {2}host-1 \(4711\) {2}0\n$/,
    );
    expect((await cliJson(['turns', 'list', url])).document).toEqual({
      turns: [{ contextId: 's', turn: 'turn-1', since: expect.any(String), holder, tokens: 0 }],
    });
    const cancelled = await cli(['turns', 'cancel', url, 's'], { isTTY: true });
    expect(cancelled.out).toBe('The turn of "s" has been stopped.\n');
    expect(cancelled.err).toBe('\r\u001B[KWaiting for the turn to stop …\r\u001B[K');
    expect((await cli(['turns', 'cancel', url, 's'])).out).toBe('The turn of "s" does not run.\n');
    expect((await cliJson(['turns', 'cancel', url, 's'])).document).toEqual({
      contextId: 's',
      cancelled: false,
    });
  });

  it('are no longer waited for after an interrupt', async () => {
    const { url } = await openMemory();
    const turnStore = openTurnStore(url, quick);
    const turn = await begin({ turnStore }, 's', 'turn-1');
    const controller = new AbortController();
    turn.onStop(() => controller.abort('SIGINT'));
    expect(await cli(['turns', 'cancel', url, 's'], { controller })).toEqual({ code: 130, out: '', err: '' });
    await turn.end({ kind: 'task-cancelled', data: '{}' });
  });
});
