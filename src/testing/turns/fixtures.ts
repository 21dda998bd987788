import assert from 'node:assert/strict';
import type { RecordKey } from '../../domain/key-schema.js';
import {
  type HeldTurn,
  interruptedNumber,
  type LoggedEvent,
  type LogItem,
  type StopReason,
  type TurnRequest,
  type TurnStart,
  type TurnStore,
} from '../../domain/turn-store.js';
import type { TurnContractOptions } from '../backend.js';
import type { Cases } from '../contract-case.js';
import { ids } from '../fixtures.js';

export type TurnCases = Cases<TurnStore, TurnContractOptions, RecordKey>;

const { contextId } = ids;

const leaseSeconds = 600;
/** What a holder has until it stops itself, and what a rival waits, in milliseconds. */
export const safeMs = 400_000;
export const heldMs = 605_000;

/** Sends nothing in the background. */
export const quiet = { leaseSeconds, renewSeconds: 200, flushMs: 3_600_000 } as const;
/** Renews, writes and looks as often as it can. */
export const eager = { leaseSeconds, renewSeconds: 0.01, flushMs: 5 } as const;

/** The last event of a turn that has come to its end. */
export const done: LoggedEvent = { kind: 'task-complete', data: '{"status":"done"}' };

export function say(text: string | number): LoggedEvent {
  return { kind: 'content-delta', data: JSON.stringify({ delta: `${text}` }) };
}

/** The events, numbered from 1 or from that number on. */
export function number(events: readonly LoggedEvent[], first = 1): LogItem[] {
  return events.map((event, index) => ({ ...event, number: first + index }));
}

/** Begins a turn that nothing is in the way of. */
export async function begin(
  store: TurnStore,
  turn: string,
  idempotency?: TurnRequest['idempotency'],
  session: string = contextId,
): Promise<HeldTurn> {
  const request = { turn, holder: 'a test', ...(idempotency !== undefined && { idempotency }) };
  const start = await store.begin(session, request);
  assert.ok(start.outcome === 'begun', `The turn should have begun, but: ${JSON.stringify(start)}`);
  return start.turn;
}

/** The one turn that has begun, and what was answered to the others. */
export function splitStarts(starts: readonly TurnStart[]): [HeldTurn, readonly TurnStart[]] {
  const [begun, ...more] = starts.flatMap((start) => (start.outcome === 'begun' ? [start.turn] : []));
  assert.ok(
    begun !== undefined && more.length === 0,
    `Not one turn has begun, but: ${JSON.stringify(starts)}`,
  );
  return [begun, starts.filter(({ outcome }) => outcome !== 'begun')];
}

/** All of a log, as somebody hears it who comes now. */
export async function readAll(
  store: TurnStore,
  turn: string,
  after = 0,
  signal?: AbortSignal,
): Promise<LogItem[]> {
  const items: LogItem[] = [];
  for await (const item of store.read(contextId, turn, after, signal)) items.push(item);
  return items;
}

/** The first items of a log that may go on. */
export async function readSome(store: TurnStore, turn: string, count: number, after = 0): Promise<LogItem[]> {
  const items: LogItem[] = [];
  for await (const item of store.read(contextId, turn, after)) {
    items.push(item);
    if (items.length === count) break;
  }
  return items;
}

/** Asserts what a log is for somebody who hears all of it. */
export async function assertLog(store: TurnStore, turn: string, events: readonly LoggedEvent[]) {
  assert.deepEqual(await readAll(store, turn), number(events));
}

/** Asserts that a log has these events, and then the end that others write for a turn that was interrupted. */
export async function assertInterrupted(store: TurnStore, turn: string, events: readonly LoggedEvent[]) {
  const items = await readAll(store, turn);
  assert.deepEqual(items.slice(0, -1), number(events));
  assertInterruptedEnd(items.at(-1));
}

export function assertInterruptedEnd(end: LogItem | undefined): void {
  assert.ok(end !== undefined && 'kind' in end, 'The log has no end.');
  assert.deepEqual([end.number, end.kind], [interruptedNumber, 'error']);
  assert.equal(JSON.parse(end.data).code, 'INTERRUPTED');
}

/** A gap from a number on, of which nobody knows the end. */
export function lostFrom(from: number): LogItem {
  return { lost: { from, to: interruptedNumber } };
}

/** Resolves when the turn must stop. */
export function stopOf(turn: HeldTurn): Promise<StopReason> {
  return new Promise((resolve) => turn.onStop(resolve));
}

/** Waits until something is so. What is never so is stopped by the runner. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A clock that is ahead of another one. */
export function ahead(now: () => number, milliseconds: number): () => number {
  return () => now() + milliseconds;
}
