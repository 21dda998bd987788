import { sharedStorage } from './shared-storage.js';

/** What one request to a backend took, as far as the backend tells. */
export interface BackendUse {
  /** Of the records that were sent and that came back. */
  readonly bytes?: number;
  /** What the backend charges for reading, in its own units. */
  readonly readUnits?: number;
  readonly writeUnits?: number;
}

/** Adds up what the requests of one call of a store took. */
export interface CallMeter {
  add(use: BackendUse): void;
}

/** Shared by all copies of this package: the decorator may be of one copy, and the store of another. */
const meters = sharedStorage<CallMeter>('call-meter');

/** The meter of the call that a request belongs to; `undefined` if nobody measures it. */
export function currentCallMeter(): CallMeter | undefined {
  return meters.getStore();
}

export function runMetered<Result>(meter: CallMeter, work: () => Result): Result {
  return meters.run(meter, work);
}
