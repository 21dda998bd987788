import { type Place, Roster } from '../../domain/roster.js';
import { runOutsideScope } from '../request-context.js';

/** Whoever waits for the end of the tick: for all that can be done without waiting for anything else. */
export interface TickListener {
  onTickEnd(): void;
}

export type TickPlace = Place<TickListener>;

const waiting = new Roster<TickListener>();
let isScheduled = false;

/**
 * Calls back once, at the end of the tick. One immediate is for all: Node starts and stops a part of its event loop with the first and
 * the last of them, which takes up to a twelfth of a short turn.
 */
export function awaitTickEnd(listener: TickListener): TickPlace {
  schedule();
  return waiting.add(listener);
}

/** Does not call back any more. Until the end of the tick, the listener and all it knows would stay in memory. */
export function leaveTickEnd(place: TickPlace | undefined): void {
  if (place !== undefined) waiting.remove(place);
}

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  runOutsideScope(() => setImmediate(tellAll));
}

function tellAll(): void {
  isScheduled = false;
  try {
    while (waiting.size > 0)
      for (const place of waiting.list()) if (waiting.remove(place)) place.member.onTickEnd();
  } finally {
    // What one of them throws does not keep it from the others.
    if (waiting.size > 0) schedule();
  }
}
