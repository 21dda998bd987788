import { describe, expect, it, vi } from 'vitest';
import type { TurnContext } from '../../src/agent/turn-context.js';
import { AgentStoreError } from '../../src/domain/errors.js';
import { createSession, type Turn } from './session.js';

const mismatch = { kind: 'task-status', status: 'failed', code: 'REPLAY_MISMATCH' };

/** Asks its question after two steps, whatever the names. */
const asking = (first: string, second: string, prompt: string, work = vi.fn()): Turn =>
  async function* ({ ask, step }) {
    await step(first, () => work(first));
    await step(second, () => work(second));
    yield `answer: ${await ask({ prompt })}`;
  };

describe('a turn that runs again', () => {
  it.each<[string, Turn]>([
    ['a step of another name', asking('one', 'three', 'Which?')],
    ['another order', asking('two', 'one', 'Which?')],
    ['another prompt', asking('one', 'two', 'What?')],
    [
      'a step less',
      async function* ({ ask, step }) {
        await step('one', () => 1);
        yield `answer: ${await ask({ prompt: 'Which?' })}`;
      },
    ],
    [
      'a step more',
      async function* ({ ask, step }) {
        await step('zero', () => 0);
        await step('one', () => 1);
        await step('two', () => 2);
        yield `answer: ${await ask({ prompt: 'Which?' })}`;
      },
    ],
    [
      'no question',
      async function* ({ step }) {
        await step('one', () => 1);
        await step('two', () => 2);
        yield 'done';
      },
    ],
    [
      'a mismatch that it catches',
      async function* ({ ask, step }) {
        await step('other', () => 1).catch(() => {});
        yield `answer: ${await ask({ prompt: 'Which?' }).catch(() => 'none')}`;
      },
    ],
  ])('and takes another way, with %s, leaves question and answer as they are', async (_, other) => {
    const work = vi.fn();
    const session = createSession(asking('one', 'two', 'Which?', work));
    await session.send('hi');
    session.restart(other);
    const sent = await session.answer('this');
    expect(sent.at(-1)).toMatchObject(mismatch);
    expect(sent.map(({ kind }) => kind)).not.toContain('content-delta');
    expect(work).toHaveBeenCalledTimes(2);
    session.restart();
    expect((await session.answer('that')).at(-1)).toMatchObject({ code: 'ALREADY_ANSWERED' });
    expect((await session.answer('this')).at(-1)).toMatchObject({ content: 'answer: this' });
    expect(work).toHaveBeenCalledTimes(2);
    expect(await session.said()).toEqual([
      'user: hi',
      'assistant: Which?',
      'user: this',
      'assistant: answer: this',
    ]);
  });

  it('comes past branches that run side by side, and that have gone on at different speeds', async () => {
    const later = (ms: number, value: string) => () =>
      new Promise<string>((done) => setTimeout(done, ms, value));
    const session = createSession(async function* ({ ask, step }) {
      const slow = async () => [await step('a1', later(5, 'a1')), await step('a2', later(5, 'a2'))];
      const fast = async () => [
        await step('b1', () => 'b1'),
        await step('b2', () => 'b2'),
        await step('b3', () => 'b3'),
        await ask({ prompt: 'b?' }),
        await step('b4', () => 'b4'),
      ];
      const [a, b, c] = await Promise.all([slow(), fast(), ask({ prompt: 'c?' })]);
      yield [...a, ...b, c].join(' ');
    });
    const asked = await session.send('go');
    expect(asked.filter(({ kind }) => kind === 'tool-input-required')).toMatchObject([
      { prompt: 'c?' },
      { prompt: 'b?' },
    ]);
    session.restart();
    const [second, first] = (await session.agentStore.load('s'))?.pendingToolInputs ?? [];
    const one = await session.send(null, { inputs: [{ inputId: String(second?.inputId), value: 'C' }] });
    expect(one.filter(({ kind }) => kind === 'tool-input-required')).toMatchObject([{ prompt: 'b?' }]);
    session.restart();
    const end = await session.send(null, { inputs: [{ inputId: String(first?.inputId), value: 'B' }] });
    expect(end.at(-1)).toMatchObject({ content: 'a1 a2 b1 b2 b3 B b4 C' });
    expect(await session.said()).toEqual([
      'user: go',
      'assistant: c?\n\nb?',
      'user: C',
      'user: B',
      'assistant: a1 a2 b1 b2 b3 B b4 C',
    ]);
  });

  it('waits for a branch that comes to its call some turns of the event loop later', async () => {
    const session = createSession(async function* ({ ask, step }) {
      const late = async () => {
        for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
        return `${await ask({ prompt: 'late?' })}${await step('late', () => 1)}`;
      };
      const soon = async () => `${await ask({ prompt: 'soon?' })}${await step('soon', () => 2)}`;
      // A step that takes as long: the turn waits with its questions.
      const slow = step('slow', async () => {
        for (let turns = 0; turns < 40; turns++) await new Promise(setImmediate);
      });
      yield (await Promise.all([late(), soon(), slow])).join(' ');
    });
    const asked = await session.send('go');
    expect(asked.filter(({ kind }) => kind === 'tool-input-required')).toHaveLength(2);
    session.restart();
    expect((await session.answer('A')).at(-1)).toMatchObject({ content: 'A1 A2 ' });
  });

  it('is given the same state and history, whatever came between', async () => {
    const seen: unknown[] = [];
    const session = createSession(async function* ({ ask, history, state, metadata, message }) {
      const limited = await history({ maxMessages: 2 });
      const all = await history();
      seen.push([state.turnCount, state.metadata, metadata, message, limited, all]);
      state.metadata = { ...state.metadata, seen: true };
      yield `so ${await ask({ prompt: 'Which?' })}`;
    });
    await session.agentStore.update('s', () => ({
      ...{ status: 'idle', turnCount: 4, createdAt: new Date(), lastActivity: new Date() },
      metadata: { tier: 'gold', seen: false },
    }));
    await session.messageStore.append('s', [
      { role: 'user', content: 'before' },
      { role: 'assistant', content: 'yes' },
    ]);
    await session.send('hi', { metadata: { at: new Date(0) } });
    await session.agentStore.update(
      's',
      (state) => state && { ...state, metadata: { ...state.metadata, tier: 'none' } },
    );
    await session.messageStore.append(
      's',
      Array.from({ length: 60 }, () => ({ role: 'user', content: 'more' }) as const),
    );
    session.restart();
    await session.answer('this');
    expect(seen).toHaveLength(2);
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[0]).toMatchObject([
      5,
      { tier: 'gold', seen: false },
      { at: new Date(0) },
      'hi',
      [{ content: 'yes' }, { content: 'hi' }],
      [{ content: 'before' }, { content: 'yes' }, { content: 'hi' }],
    ]);
    // What others have changed stays, and what the turn has changed is there too.
    expect((await session.agentStore.load('s'))?.metadata).toEqual({ tier: 'none', seen: true });
  });

  it('goes on with what is left of the history if the message it began with was removed', async () => {
    const seen: string[][] = [];
    const session = createSession(async function* ({ ask, history }) {
      seen.push((await history({ maxMessages: 5 })).map(({ content }) => content));
      yield String(await ask({ prompt: 'Which?' }));
    });
    await session.send('hi');
    await session.messageStore.clear('s');
    session.restart();
    await session.answer('this');
    expect(seen).toEqual([['hi'], ['hi']]);
  });

  it('lets a new message take the place of its question', async () => {
    const session = createSession(async function* ({ ask, message }) {
      yield message === 'hi' ? `so ${await ask({ prompt: 'Which?' })}` : 'else';
    });
    await session.send('hi');
    const { pendingToolInputs = [] } = (await session.agentStore.load('s')) ?? {};
    expect((await session.send('something')).at(-1)).toMatchObject({ content: 'else' });
    expect(await session.agentStore.load('s')).not.toHaveProperty('pendingToolInputs');
    const inputs = pendingToolInputs.map(({ inputId }) => ({ inputId, value: 1 }));
    expect(await session.send(null, { inputs })).toMatchObject([{ code: 'NOT_ASKED' }]);
  });

  it('takes no part of answers of which one cannot be taken', async () => {
    const session = createSession(async function* ({ ask }) {
      yield (await Promise.all([ask({ prompt: 'a', options: [1, 2] }), ask({ prompt: 'b' })])).join();
    });
    await session.send('hi');
    const before = await session.agentStore.load('s');
    expect(before?.pendingToolInputs).toMatchObject([
      { inputType: 'selection' },
      { inputType: 'clarification' },
    ]);
    const inputs = (before?.pendingToolInputs ?? []).map(({ inputId }) => ({ inputId, value: 1 }));
    for (const wrong of [{ inputId: 'other' }, { inputId: String(inputs[0]?.inputId), value: 3 }]) {
      const sent = await session.send(null, { inputs: [...inputs.slice(1), wrong] });
      expect(sent).toMatchObject([{ kind: 'task-status', status: 'failed' }]);
      expect(await session.agentStore.load('s')).toEqual(before);
    }
    expect((await session.send(null, { inputs })).at(-1)).toMatchObject({ content: '1,1' });
  });

  it('goes on with an answer that was taken before its process ended, beside a new one', async () => {
    let isDown = true;
    const session = createSession(async function* ({ ask }) {
      const answers = await Promise.all([ask({ prompt: 'a' }).then(failWhileDown), ask({ prompt: 'b' })]);
      yield answers.join();
    });
    const failWhileDown = (value: unknown) => {
      // As a process that ends: nothing follows.
      return isDown ? new Promise(() => {}) : value;
    };
    await session.send('hi');
    const inputs = (session.agent.state.pendingToolInputs ?? []).map(({ inputId }) => ({
      inputId,
      value: 1,
    }));
    void session.send(null, { inputs: inputs.slice(0, 1) });
    await vi.waitFor(async () => expect(await session.said()).toContain('user: 1'));
    isDown = false;
    session.restart();
    expect((await session.send(null, { inputs })).at(-1)).toMatchObject({ content: '1,1' });
    expect(await session.said()).toEqual([
      'user: hi',
      'assistant: a\n\nb',
      'user: 1',
      'user: 1',
      'assistant: 1,1',
    ]);
  });

  it('keeps a failure that comes before the answer from taking it', async () => {
    let isDown = false;
    const session = createSession(async function* ({ ask }) {
      if (isDown) throw new Error('The model is not there.');
      yield `so ${await ask({ prompt: 'Which?' })}`;
    });
    await session.send('hi');
    isDown = true;
    expect((await session.answer('this')).at(-1)).toMatchObject({
      status: 'failed',
      message: 'The model is not there.',
    });
    isDown = false;
    session.restart();
    expect((await session.answer('this')).at(-1)).toMatchObject({ content: 'so this' });
  });
});

describe('a step', () => {
  const runOnce = async (turn: (context: TurnContext) => Promise<unknown>, options?: { stop?: boolean }) => {
    let result: unknown;
    const session = createSession(async function* (context) {
      result = await turn(context).catch((error: unknown) => error);
      yield 'done';
      if (options?.stop) await context.ask({ prompt: 'more?' });
    });
    const events = await session.send('hi');
    return { session, events, result: () => result };
  };

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a date', new Date(5)],
    ['a map of sets', new Map([['a', new Set([1n])]])],
    ['bytes', new Uint8Array([1, 2])],
  ])('returns a copy of %s, the first time and later', async (_, value) => {
    const results: unknown[] = [];
    const session = createSession(async function* ({ step, ask }) {
      results.push(await step('work', () => value));
      yield String(await ask({ prompt: 'more?' }));
    });
    await session.send('hi');
    session.restart();
    await session.answer('no');
    expect(results).toEqual([value, value]);
    if (typeof value === 'object') for (const result of results) expect(result).not.toBe(value);
  });

  it('rejects with a copy of what was thrown, the first time and later', async () => {
    class Refused extends Error {
      override name = 'Refused';
      code = 'E_CARD';
      socket = () => {};
    }
    const work = vi.fn(() => Promise.reject(new Refused('no card', { cause: { at: new Date(1) } })));
    const errors: Error[] = [];
    const session = createSession(async function* ({ step, ask }) {
      await step('work', work).catch((error: Error) => errors.push(error));
      yield String(await ask({ prompt: 'more?' }));
    });
    await session.send('hi');
    session.restart();
    await session.answer('no');
    expect(work).toHaveBeenCalledTimes(1);
    const kept = { name: 'Refused', message: 'no card', code: 'E_CARD', cause: { at: new Date(1) } };
    const read = ({ name, message, cause, ...rest }: Error & { code?: string }) => ({
      ...{ name, message, cause, ...rest },
    });
    expect(errors.map(read)).toEqual([kept, kept]);
    for (const error of errors) expect(error).toBeInstanceOf(Error);
  });

  it('says what cannot be kept of its result, and that is kept', async () => {
    const { session, result } = await runOnce(({ step }) => step('work', () => ({ call: () => 1 })), {
      stop: true,
    });
    expect(result()).toMatchObject({
      code: 'UNSERIALIZABLE',
      message: expect.stringContaining('the result of the step "work".call'),
    });
    session.restart();
    await session.answer('x');
    expect(result()).toMatchObject({ code: 'UNSERIALIZABLE' });
  });

  it('keeps what was thrown by name and message if no more of it can be kept', async () => {
    const { result } = await runOnce(({ step }) =>
      step('work', () => {
        throw new RangeError('bad', { cause: Symbol('cause') });
      }),
    );
    expect(result()).toMatchObject({ name: 'RangeError', message: 'bad' });
    const other = await runOnce(({ step }) =>
      step('work', () => {
        throw Symbol('thrown');
      }),
    );
    expect(other.result()).toMatchObject({ code: 'UNSERIALIZABLE' });
  });

  it.each<[string, (context: TurnContext) => Promise<unknown>, string]>([
    [
      'with the name of one that runs',
      ({ step }) => Promise.all([step('a', () => 1), step('a', () => 2)]),
      'different names',
    ],
    ['inside another one', ({ step }) => step('a', () => step('b', () => 1)), 'inside a step'],
    ['with a question inside', ({ step, ask }) => step('a', () => ask({ prompt: 'x' })), 'inside a step'],
    ['without a name', ({ step }) => step('', () => 1), 'name'],
    [
      'that yields what is no output',
      ({ step }) =>
        step('a', async function* () {
          yield JSON.parse('5');
        }),
      'yields text',
    ],
  ])('is refused %s', async (_, turn, words) => {
    const { result } = await runOnce(turn);
    expect(result()).toMatchObject({ code: 'MISUSED', message: expect.stringContaining(words) });
  });

  it('may have the name of one that has ended, and reads the history as it is', async () => {
    const { result } = await runOnce(async ({ step, history }) => [
      await step('a', () => 1),
      await step('a', () => 2),
      await step('b', async () => (await history()).length),
    ]);
    expect(result()).toEqual([1, 2, 1]);
  });

  it('leaves no room for a question if the steps before it are too large', async () => {
    const session = createSession(async function* ({ step, ask }) {
      await step('work', () => 'x'.repeat(300_000));
      yield String(await ask({ prompt: 'x' }));
    });
    expect((await session.send('hi')).at(-1)).toMatchObject({ status: 'failed', code: 'JOURNAL_FULL' });
  });

  it('gives what cannot be changed for a later run, in the same process too', async () => {
    const seen: unknown[] = [];
    const session = createSession(async function* ({ step, ask }) {
      const list = await step('list', () => [1]);
      const error = await step('fail', () => Promise.reject(new Error('no'))).catch((error: Error) => error);
      seen.push([...list], Reflect.get(Object(error), 'note'));
      list.push(2);
      Object.assign(Object(error), { note: 'changed' });
      yield String(await ask({ prompt: 'x' }));
    });
    await session.send('hi');
    await session.answer('y');
    expect(seen).toEqual([[1], undefined, [1], undefined]);
  });

  it('has a key of its own each time, and reads the history without a trace', async () => {
    const keys: string[] = [];
    const read: number[] = [];
    const session = createSession(async function* ({ step, ask, history }) {
      for (let count = 0; count < 2; count++) await step('work', ({ key }) => keys.push(key));
      await step('read', async () => (await history()).length);
      read.push((await history({ maxMessages: 1 })).length);
      yield String(await ask({ prompt: 'x' }));
    });
    await session.messageStore.append('s', [
      { role: 'user', content: 'before' },
      { role: 'assistant', content: 'yes' },
    ]);
    await session.send('hi');
    session.restart();
    await session.answer('y');
    expect(new Set(keys).size).toBe(2);
    expect(read).toEqual([1, 1]);
  });

  it('may fail unheard: nothing but the turn knows of it', async () => {
    const session = createSession(async function* ({ step }) {
      void step('lost', () => Promise.reject(new Error('no')));
      yield 'done';
    });
    expect((await session.send('hi')).at(-1)).toMatchObject({ kind: 'task-complete' });
    // A rejection that nobody hears would be reported by now.
    await new Promise(setImmediate);
  });

  it('ends a question beside it if it cannot be stored, and nothing is asked', async () => {
    const log: string[] = [];
    const session = createSession(async function* ({ step, ask }) {
      const broken = step('work', () => 1).catch(() => {});
      vi.spyOn(session.holder, 'save').mockRejectedValue(new AgentStoreError('UNAVAILABLE', 'No answer.'));
      try {
        yield String(await ask({ prompt: 'x' }));
      } catch (error) {
        log.push(String(error));
      } finally {
        await broken;
        for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate);
        log.push('cleaned up');
      }
    });
    const sent = await session.send('hi');
    expect(sent.at(-1)).toMatchObject({ status: 'failed', code: 'UNAVAILABLE' });
    expect(log).toEqual(['AgentStoreError: No answer.', 'cleaned up']);
  });

  it('is not begun once there is no room for its result, and what was done is kept', async () => {
    const work = vi.fn(() => 'x'.repeat(100_000));
    let done = 0;
    const session = createSession(async function* ({ step, ask }) {
      for (done = 0; done < 5; done++) await step('work', work);
      yield String(await ask({ prompt: 'x' }));
    });
    expect((await session.send('hi')).at(-1)).toMatchObject({ status: 'failed', code: 'JOURNAL_FULL' });
    expect([done, work.mock.calls.length]).toEqual([3, 3]);
  });

  it('is waited for, though the turn does not', async () => {
    let isDone = false;
    const { events } = await runOnce(async ({ step }) => {
      void step('slow', async () => {
        await new Promise(setImmediate);
        isDone = true;
      });
    });
    expect([isDone, events.at(-1)?.kind]).toEqual([true, 'task-complete']);
  });

  it('ends the turn if it cannot be stored: nothing that follows goes on, and nothing more is saved', async () => {
    const after: unknown[] = [];
    const session = createSession(async function* ({ step, ask, signal }) {
      const failed = vi
        .spyOn(session.holder, 'save')
        .mockRejectedValue(new AgentStoreError('UNAVAILABLE', 'No answer.'));
      const note = (error: unknown) => after.push(error instanceof AgentStoreError ? error.code : error);
      await step('one', () => 1).catch(note);
      await step('two', () => 2).catch(note);
      await ask({ prompt: 'x' }).catch(note);
      try {
        yield 'text';
      } catch (error) {
        note(error);
      }
      after.push(failed.mock.calls.length, signal.aborted);
    });
    const sent = await session.send('hi');
    expect(sent.at(-1)).toMatchObject({ status: 'failed', code: 'UNAVAILABLE' });
    expect(sent.map(({ kind }) => kind)).not.toContain('content-delta');
    expect(after).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE', 1, true]);
    expect(session.holder.save).toHaveBeenCalledTimes(1);
    expect(session.agent.state).toMatchObject({ status: 'error', error: { code: 'UNAVAILABLE' } });
  });
});
