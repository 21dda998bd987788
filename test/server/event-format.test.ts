import { expect, it } from 'vitest';
import { createFormat } from '../../src/server/turn/event-format.js';
import { eventIdStart, parseEventId } from '../../src/server/turn/event-id.js';
import { toTurnEvent } from '../../src/server/turn/turn-event.js';
import { event } from './fake-agent.js';

it('frames an event with its kind, its id and its data, without what the stream says already', () => {
  const format = createFormat(undefined, 'turn');
  expect(format.contentType).toBe('text/event-stream; charset=utf-8');
  expect(format.event(toTurnEvent(event('content-delta', { id: 'own', delta: 'é\n' })), 1)).toBe(
    'id: turn:1\nevent: content-delta\ndata: {"taskId":"task-1","id":"own","delta":"é\\n"}\n\n',
  );
});

it('gives an event of no turn no id', () => {
  expect(createFormat().event({ kind: 'error', data: '{}' })).toBe('event: error\ndata: {}\n\n');
});

it('lets no kind start a line of its own', () => {
  const text = createFormat('', 'turn').event(toTurnEvent(event('a\n\nevent: evil\r\rdata: 1\0')), 1);
  expect(text.split(/\r\n|\r|\n/)).toEqual([
    'id: turn:1',
    'event: a event: evil data: 1 ',
    expect.stringMatching(/^data: /),
    '',
    '',
  ]);
});

it.each([
  ['turn-1:1', { turn: 'turn-1', number: 1 }],
  ['a:0', { turn: 'a', number: 0 }],
  ['a:9007199254740991', { turn: 'a', number: Number.MAX_SAFE_INTEGER }],
  ['a:9007199254740992', undefined],
  ['a:10000000000000000', undefined],
  ['a:-1', undefined],
  ['a:1.5', undefined],
  ['a:', undefined],
  [':1', undefined],
  ['1', undefined],
  ['', undefined],
  ['a:b:1', undefined],
  ['a\n:1', undefined],
  [`${'a'.repeat(65)}:1`, undefined],
])('reads the id %j as %j', (text, id) => {
  expect(parseEventId(text)).toEqual(id);
  if (id !== undefined) expect(`${eventIdStart(id.turn)}${id.number}`).toBe(text);
});

it('sends what JSON cannot hold in its plain form', () => {
  const rich = event('a', { at: new Date(0), count: 1n, list: new Set([Number.NaN]), none: undefined });
  const text = createFormat().event(toTurnEvent(rich));
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
  for (const item of list) expect(format.event(toTurnEvent(item))).toBe('');
  expect(JSON.parse(format.end()).content).toBe(content);
});
