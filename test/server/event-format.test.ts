import { expect, it } from 'vitest';
import { createFormat } from '../../src/server/turn/event-format.js';
import { event } from './fake-agent.js';

it('frames an event with its kind, its id and its data, without what the stream says already', () => {
  const format = createFormat();
  expect(format.contentType).toBe('text/event-stream; charset=utf-8');
  expect(format.event({ ...event('content-delta', { delta: 'é\n' }) })).toBe(
    'id: 1\nevent: content-delta\ndata: {"taskId":"task-1","delta":"é\\n"}\n\n',
  );
});

it.each([
  ['event-7', 'event-7'],
  [7, '7'],
  [0, '0'],
  ['', '3'],
  [null, '3'],
  [7n, '3'],
  [{}, '3'],
])('takes the id %s of an event for the id %s of the third in the stream', (id, expected) => {
  const format = createFormat();
  format.event(event('a', { id: 'other' }));
  format.event(event('b'));
  expect(format.event(event('c', { id }))).toMatch(new RegExp(`^id: ${expected}\n`));
});

it('lets no id and no kind start a line of its own', () => {
  const format = createFormat();
  const text = format.event(event('a\n\nevent: evil\r\rdata: 1', { id: '1\r\nevent: evil\0' }));
  expect(text.split(/\r\n|\r|\n/)).toEqual([
    'id: 1 event: evil ',
    'event: a event: evil data: 1',
    expect.stringMatching(/^data: /),
    '',
    '',
  ]);
});

it('sends what JSON cannot hold in its plain form', () => {
  const text = createFormat().event(
    event('a', { at: new Date(0), count: 1n, list: new Set([Number.NaN]), none: undefined }),
  );
  expect(text).toContain(
    'data: {"taskId":"task-1","at":"1970-01-01T00:00:00.000Z","count":"1","list":[null]}\n\n',
  );
});

it.each([
  [undefined, 'text/event-stream'],
  ['*/*', 'text/event-stream'],
  ['text/event-stream', 'text/event-stream'],
  ['application/json, text/event-stream', 'text/event-stream'],
  ['application/json', 'application/json'],
  ['Application/JSON; charset=utf-8, text/plain', 'application/json'],
])('answers a caller that accepts %s with %s', (accept, type) => {
  expect(createFormat(accept).contentType).toBe(`${type}; charset=utf-8`);
});

it.each([
  [[event('content-delta', { delta: 'a' }), event('content-delta', { delta: 'b' })], 'ab'],
  [[event('content-delta', { delta: 'a' }), event('content-complete', { content: 'b' })], 'b'],
  [[event('content-complete', { content: 'b' }), event('task-complete', { content: 'c' })], 'c'],
  [[event('content-delta', { delta: 1 }), event('task-complete', { content: {} })], ''],
])('takes as the final content what was said last and as a whole', (list, content) => {
  const format = createFormat('application/json');
  for (const item of list) expect(format.event(item)).toBe('');
  expect(JSON.parse(format.end()).content).toBe(content);
});
