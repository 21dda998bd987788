import type { SerializedData } from './plain-data.js';
import { requireSize, sizeOf } from './size.js';
import { toStateText } from './text.js';

/**
 * A value as it was when it was saved, which nobody changes any more.
 *
 * @example
 * const toStored = ({ revision, snapshot, data }: NewRecord) => ({ revision, snapshot, read: () => snapshot?.toData() ?? data });
 */
export interface Snapshot {
  /** At least the bytes that its text takes. */
  readonly maxBytes: number;
  /** A copy of the value itself, a new one each time. */
  copy(): object;
  /** The same as data, made anew each time. */
  toData(): SerializedData;
}

/** Holds a snapshot to a limit, without making its text unless it may be too large. @throws AgentStoreError `TOO_LARGE` if it is. */
export function requireSnapshotSize(snapshot: Snapshot, maxBytes: number): void {
  if (snapshot.maxBytes > maxBytes) requireSize(sizeOf(toStateText(snapshot.toData())), maxBytes);
}
