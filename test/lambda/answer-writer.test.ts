import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTick } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { AnswerWriter } from '../../src/lambda/answer-writer.js';
import { maxAhead, maxUnsent } from '../../src/server/http/exchange.js';
import { WaitingBudget } from '../../src/server/http/waiting-budget.js';

function create(highWaterMark = 10, budget = new WaitingBudget(Number.POSITIVE_INFINITY)) {
  const stream = new PassThrough({ highWaterMark });
  const onUnread = vi.fn();
  return { stream, onUnread, writer: new AnswerWriter(stream, budget, onUnread) };
}

it('writes what comes in one tick at once, and at first even nothing', async () => {
  const { stream, writer } = create(100);
  const write = vi.spyOn(stream, 'write');
  await nextTick();
  writer.write('a');
  writer.write('b');
  await nextTick();
  await nextTick();
  expect(write.mock.calls).toEqual([[''], ['ab']]);
  writer.end();
  expect(await text(stream)).toBe('ab');
});

it('keeps what comes while the stream is full, in order, and ends after it', async () => {
  const { stream, writer } = create();
  writer.write('0123456789');
  await nextTick();
  const onDrained = vi.fn();
  writer.onDrained(onDrained);
  writer.write('a');
  writer.write('b');
  writer.end();
  expect([stream.writableEnded, onDrained.mock.calls.length]).toEqual([false, 0]);
  expect(await text(stream)).toBe('0123456789ab');
  expect(onDrained).toHaveBeenCalledOnce();
});

it('tells at once those who wait that there is room, if there is', async () => {
  const { stream, writer } = create(maxAhead * 4);
  const onDrained = vi.fn();
  writer.onDrained(onDrained);
  // More than may wait, and it has not waited yet.
  writer.write('x'.repeat(maxAhead));
  writer.onDrained(onDrained);
  expect([onDrained.mock.calls.length, stream.readableLength + stream.writableLength]).toEqual([2, maxAhead]);
});

it('lets those who wait wait on, if what has waited fills the stream again', async () => {
  const { stream, writer } = create();
  writer.write('0123456789');
  await nextTick();
  const onDrained = vi.fn();
  writer.onDrained(onDrained);
  writer.write('0123456789');
  expect(stream.read(10)?.toString()).toBe('0123456789');
  await vi.waitFor(() => expect(stream.readableLength).toBe(10));
  expect(onDrained).not.toHaveBeenCalled();
  stream.resume();
  await vi.waitFor(() => expect(onDrained).toHaveBeenCalledOnce());
});

it('gives up a reader for whom too much waits, and takes nothing more', async () => {
  const { stream, onUnread, writer } = create();
  writer.write('0123456789');
  await nextTick();
  writer.write('x'.repeat(maxUnsent));
  expect(onUnread).toHaveBeenCalledOnce();
  writer.write('y');
  writer.end();
  stream.end();
  expect(await text(stream)).toBe('0123456789');
  expect(onUnread).toHaveBeenCalledOnce();
});

it('counts what waits by its bytes, and no longer than it waits', async () => {
  const budget = new WaitingBudget(30);
  const { stream, onUnread, writer } = create(10, budget);
  writer.write('0123456789');
  await nextTick();
  writer.write('é'.repeat(9));
  expect(onUnread).not.toHaveBeenCalled();
  stream.resume();
  await vi.waitFor(() => expect(stream.writableLength + stream.readableLength).toBe(0));
  const other = create(10, budget);
  other.writer.write('x'.repeat(30));
  await nextTick();
  expect(other.onUnread).not.toHaveBeenCalled();
  other.writer.write('é');
  expect(other.onUnread).toHaveBeenCalledOnce();
});
