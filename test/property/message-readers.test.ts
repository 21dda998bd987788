import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAgentStoreError } from '../../src/domain/errors.js';
import type { Message } from '../../src/domain/message-store.js';
import { createMessageStore } from '../../src/domain/messages/create-message-store.js';
import { InMemoryRecordStore } from '../../src/stores.js';
import { backendKinds } from './backends.js';
import { FaultyRecords } from './faulty-records.js';
import { runs } from './options.js';

/** Two messages, large enough for a history of a few to have parts. */
function createBatch(writer: number, number: number): Message[] {
  return ['a', 'b'].map((half) => ({
    role: 'user',
    content: `${writer}.${number}${half} `.padEnd(1_200, 'x'),
  }));
}

/** Asserts that a reader sees whole appends, each once, and those of each writer in order. */
function expectWhole(messages: readonly Message[]): string[] {
  const labels = messages.map(({ content }) => content.split(' ', 1)[0] ?? '');
  expect(new Set(labels).size).toBe(labels.length);
  for (const [index, label] of labels.entries())
    if (label.endsWith('a')) expect(labels[index + 1]).toBe(`${label.slice(0, -1)}b`);
  const appends = labels.filter((label) => label.endsWith('a')).map((label) => label.slice(0, -1));
  expect(appends.length * 2).toBe(labels.length);
  for (const writer of ['0', '1', '2']) {
    const own = appends
      .filter((append) => append.startsWith(`${writer}.`))
      .map((append) => Number(append.split('.')[1]));
    expect(own).toEqual([...own].sort((a, b) => a - b));
  }
  return appends;
}

async function outcomeOf<T>(call: Promise<T>): Promise<T | string> {
  try {
    return await call;
  } catch (error) {
    if (isAgentStoreError(error)) return error.code;
    throw error;
  }
}

describe('readers between writers', () => {
  const action = fc.constantFrom(
    'append',
    'append',
    'append',
    'append',
    'read',
    'recent',
    'compact',
    'clear',
  );

  it('see whole appends and no half of anything, in any order of requests, whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(action, { minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 3 }),
        fc.infiniteStream(fc.constantFrom('none', 'none', 'none', 'none', 'none', 'none', 'fail', 'lose')),
        fc.scheduler(),
        async (programs, faults, scheduler) => {
          let areFaultsOn = true;
          const run = async <T>(call: () => Promise<T>): Promise<T> => {
            await scheduler.schedule(Promise.resolve(), 'a request');
            const fault = areFaultsOn ? faults.next().value : 'none';
            if (fault === 'fail') throw new Error('The request failed.');
            const result = await call();
            if (fault === 'lose') throw new Error('The answer was lost.');
            return result;
          };
          const records = new FaultyRecords(new InMemoryRecordStore(), { run });
          const open = () => createMessageStore(records, { agentId: 'a' });
          const acknowledged = new Set<string>();
          let isWhole = true;
          const writing = Promise.all(
            programs.map(async (program, writer) => {
              const store = open();
              for (const [number, kind] of program.entries()) {
                if (kind === 'append') {
                  const outcome = await outcomeOf(store.append('s', createBatch(writer, number)));
                  if (outcome === undefined) acknowledged.add(`${writer}.${number}`);
                  else expect(outcome).toBe('UNAVAILABLE');
                } else if (kind === 'clear' || kind === 'compact') {
                  isWhole = false;
                  if (kind === 'clear') await outcomeOf(store.clear('s'));
                  else await outcomeOf(store.compact('s', { keepRecent: 4 }));
                } else {
                  const options = kind === 'read' ? {} : { maxMessages: 4 };
                  const read = await outcomeOf(store.getRecent('s', options));
                  if (typeof read === 'string') expect(read).toBe('UNAVAILABLE');
                  else if (isWhole || kind === 'read') expectWhole(read);
                }
              }
            }),
          );
          await scheduler.waitFor(writing);
          areFaultsOn = false;
          const appends = expectWhole(await scheduler.waitFor(open().getAll('s')));
          if (isWhole) expect(appends).toEqual(expect.arrayContaining([...acknowledged]));
        },
      ),
      { ...runs(), numRuns: Math.ceil(Number(runs().numRuns) / 4) },
    );
  });
});

describe.each(backendKinds)('processes that are killed, on $name', (kind) => {
  beforeAll(() => kind.start());
  afterAll(() => kind.stop());

  it('leave a conversation of 200 turns with every acknowledged message, and none twice', async () => {
    const agentId = `killed-${process.pid}-${Date.now()}`;
    const records = kind.records();
    let left = Number.POSITIVE_INFINITY;
    const run = async <T>(call: () => Promise<T>): Promise<T> => {
      if (left-- <= 0) throw new Error('The process was killed.');
      return call();
    };
    const open = () => createMessageStore(new FaultyRecords(records, { run }), { agentId });
    const expected: Message[] = [];
    let kills = 0;
    let store = open();
    for (let turn = 0; turn < 200; turn++) {
      for (const message of createBatch(0, turn)) {
        // Every other turn is cut off after a few requests, each time another number.
        if (turn % 2 === 1 && message.content.includes('b ')) left = turn % 7;
        const outcome = await outcomeOf(store.append('s', message));
        left = Number.POSITIVE_INFINITY;
        expected.push(message);
        if (outcome === undefined && turn % 2 === 0) continue;
        if (message.content.includes('a ')) continue;
        kills++;
        store = open();
        const [last] = await store.getRange('s', expected.length - 1, expected.length);
        if (outcome === undefined) expect(last).toEqual(message);
        else if (last === undefined) await store.append('s', message);
      }
    }
    expect(kills).toBe(100);
    expect(await open().getAll('s')).toEqual(expected);
  });
});
