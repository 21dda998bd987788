import { describe, expect, it } from 'vitest';
import { compressedSize } from '../../src/adapters/compression.js';
import { createHead } from '../../src/domain/messages/build-head.js';
import type { Entry, Head, Ref } from '../../src/domain/messages/head.js';
import { hasRoom } from '../../src/domain/messages/head-room.js';
import { InMemoryRecordStore } from '../../src/stores.js';

const plain = new InMemoryRecordStore();
const inUnits = Object.assign(new InMemoryRecordStore(), {
  writeUnits: { bytes: 1_024, measure: compressedSize },
});

/** Text of which gzip leaves three quarters. */
function noise(length: number, seed: number): string {
  let value = seed + 1;
  return Array.from({ length }, () => {
    value = (value * 48_271) % 2_147_483_647;
    return String.fromCharCode(48 + (value % 64));
  }).join('');
}

const toEntry = (content: string): Entry => ({
  count: 1,
  at: 0,
  expiresAt: 0,
  data: { json: { messages: [{ role: 'user', content }] } },
});

function toRef(number: number): Ref {
  return {
    name: noise(16, number * 1_000),
    level: 0,
    count: 1,
    bytes: 0,
    slices: 1,
    newest: 0,
    oldest: 0,
  };
}

/** How many appends of a length a head takes before they are worth a part. */
function countAppends(records: InMemoryRecordStore, toContent: (number: number) => string, refs = 0): number {
  let head: Head = { ...createHead('r'), refs: Array.from({ length: refs }, (_, number) => toRef(number)) };
  for (let count = 0; ; count++) {
    const entry = toEntry(toContent(count));
    head = { ...head, tail: [...head.tail, entry] };
    if (!hasRoom(records, head, entry)) return count;
  }
}

describe('the room in a head', () => {
  it('is one write unit for small appends, and two for others', () => {
    expect(countAppends(inUnits, (number) => noise(100, number))).toBeGreaterThanOrEqual(4);
    expect(countAppends(inUnits, (number) => noise(100, number))).toBeLessThanOrEqual(10);
    expect(countAppends(inUnits, (number) => noise(900, number))).toBe(2);
    expect(countAppends(inUnits, (number) => noise(3_900, number))).toBe(0);
  });

  it('is two units for small appends too, if the names of the parts take most of the first', () => {
    const few = countAppends(inUnits, (number) => noise(100, number), 10);
    expect(countAppends(inUnits, (number) => noise(100, number), 50)).toBeGreaterThan(few);
  });

  it('is measured as it is stored, but never eight times as large to those who read it', () => {
    expect(countAppends(inUnits, (number) => String(number).padEnd(900, 'x'))).toBe(7);
    expect(countAppends(inUnits, (number) => String(number).padEnd(16_000, 'x'))).toBe(0);
  });

  it('is a few kilobytes of text, if all bytes cost the same', () => {
    expect(countAppends(plain, (number) => noise(100, number))).toBe(21);
    expect(countAppends(plain, (number) => noise(900, number))).toBe(3);
    expect(countAppends(plain, (number) => noise(3_900, number))).toBe(0);
  });
});
