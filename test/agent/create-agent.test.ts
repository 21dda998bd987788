import { describe, expect, it } from 'vitest';
import type { AgentEvent } from '../../src/domain/agent.js';
import { createSession } from './session.js';

const kinds = (events: readonly AgentEvent[]) => events.map(({ kind }) => kind);

describe('a turn', () => {
  it('sends what it yields, and keeps the conversation', async () => {
    const session = createSession(async function* ({ message }) {
      yield 'You said: ';
      yield message;
    });
    const events = await session.send('hello');
    expect(kinds(events)).toEqual([
      'task-created',
      'task-status',
      'content-delta',
      'content-delta',
      'content-complete',
      'task-complete',
    ]);
    expect(events.at(-1)).toMatchObject({ content: 'You said: hello', contextId: 's' });
    expect(await session.said()).toEqual(['user: hello', 'assistant: You said: hello']);
    expect(await session.agentStore.load('s')).toMatchObject({ status: 'idle', turnCount: 1 });
  });

  it('asks, and goes on in another process', async () => {
    const ran: string[] = [];
    const session = createSession(async function* ({ message, ask, step, history, state }) {
      const before = await history();
      ran.push(`run ${before.length} ${state.turnCount}`);
      yield `${message}! `;
      const price = await step('price', () => {
        ran.push('price');
        return 12n;
      });
      const seat = await ask({ prompt: 'Which seat?', options: ['12A', '14C'] });
      const ticket = await step('book', async function* ({ key }) {
        ran.push('book');
        yield 'booking... ';
        return key.length;
      });
      yield `Seat ${seat} for ${price}, ${ticket}`;
      state.metadata = { ...state.metadata, seat };
    });
    const asked = await session.send('book');
    expect(kinds(asked)).toEqual([
      'task-created',
      'task-status',
      'content-delta',
      'content-complete',
      'tool-input-required',
      'task-status',
    ]);
    expect(await session.agentStore.load('s')).toMatchObject({ status: 'waiting-input', turnCount: 1 });
    session.restart();
    expect(await session.answer('99')).toMatchObject([{ status: 'failed', code: 'INVALID_ANSWER' }]);
    const events = await session.answer('14C');
    expect(kinds(events)).toEqual([
      'input-received',
      'task-status',
      'content-delta',
      'content-delta',
      'content-complete',
      'task-complete',
    ]);
    expect(await session.said()).toEqual([
      'user: book',
      'assistant: book! \n\nWhich seat?',
      'user: 14C',
      'assistant: booking... Seat 14C for 12, 43',
    ]);
    expect(ran).toEqual(['run 1 1', 'price', 'run 1 1', 'book']);
    const state = await session.agentStore.load('s');
    expect(state).toMatchObject({ status: 'idle', turnCount: 2, metadata: { seat: '14C' } });
    expect(Object.keys(state ?? {})).not.toContain('turnJournal');
  });

  it('fails with the message of what it throws, and no stack', async () => {
    const session = createSession(async function* () {
      yield 'so far ';
      throw new RangeError('no more');
    });
    const events = await session.send('go');
    expect(events.at(-1)).toEqual({
      kind: 'task-status',
      contextId: 's',
      taskId: expect.any(String),
      status: 'failed',
      message: 'no more',
    });
    expect(await session.agentStore.load('s')).toMatchObject({
      status: 'error',
      error: { name: 'RangeError', message: 'no more' },
    });
    expect(await session.send('again')).toHaveLength(events.length);
  });
});
