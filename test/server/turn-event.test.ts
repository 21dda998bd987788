import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toTurnEvent } from '../../src/server/turn/turn-event.js';

const anyText = fc.string({ unit: 'binary' });
const halves = fc.constantFrom(
  '\ud800',
  '\udfff',
  'a\ud83d',
  '\udc00"',
  '\u2028',
  '\u007f',
  '\\',
  '"',
  '\n',
  '\0',
);
const flatValue = fc.oneof(
  fc.string(),
  anyText,
  halves,
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(null, undefined, Symbol('none'), -0),
);

it('writes flat fields as JSON does', () => {
  const fields = fc.dictionary(fc.oneof(fc.string(), anyText, halves), flatValue);
  fc.assert(
    fc.property(fields, (said) => {
      const { kind: _kind, contextId: _contextId, ...others } = said;
      const { data, isAscii } = toTurnEvent({ ...said, kind: 'a' });
      expect(data).toBe(JSON.stringify(others));
      if (isAscii) expect(data).toMatch(/^[\0-\x7f]*$/);
    }),
  );
});

it('writes a field named __proto__ like any other', () => {
  const event = JSON.parse('{"kind":"a","__proto__":"b"}');
  expect(toTurnEvent(event).data).toBe('{"__proto__":"b"}');
  expect(toTurnEvent({ ...event, at: new Date(0) }).data).toContain('1970');
});

it('knows an event in plain ASCII, and leaves what an object has from its prototype', () => {
  const event = Object.assign(Object.create({ inherited: 1 }), { kind: 'a', taskId: 'b', count: 1 });
  expect(toTurnEvent(event)).toEqual({ kind: 'a', data: '{"taskId":"b","count":1}', isAscii: true });
  const named = { kind: 'a', é: 'b' };
  expect(toTurnEvent(named)).toEqual({ kind: 'a', data: '{"é":"b"}', isAscii: false });
  expect(toTurnEvent({ kind: 'é' })).toEqual({ kind: 'é', data: '{}', isAscii: false });
});

it.each([
  { title: 'keeps no long names of fields', length: 100_000, count: 200 },
  { title: 'keeps the names of no more than some fields', length: 60, count: 40_000 },
])('$title', ({ length, count }) => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const used = () => {
    // V8 keeps the shapes of objects, and with them the names, for some collections more.
    for (let times = 0; times < 4; times++) collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = used();
  for (let index = 0; index < count; index++) {
    const name = `${index}`.padEnd(length, 'n');
    const event = JSON.parse(`{"kind":"a","${name}":"b"}`);
    if (toTurnEvent(event).data.length !== length + 8) expect.fail(name);
  }
  expect(used() - before).toBeLessThan(3_000_000);
});
