import type { RecordStore } from '../record-store.js';
import type { PlainData } from '../values/plain-data.js';
import { sizeOf } from '../values/size.js';
import { toStateText } from '../values/text.js';
import { type Entry, formatHead, type Head } from './head.js';

/** The largest head with messages in it, if all bytes cost the same: each append writes all of it again. */
const plainHeadBytes = 3_600;

/** What the keys and the other attributes of a record take. */
const otherBytes = 128;

/** No head may expand to more than so many times what is stored: whoever reads it holds all of it. */
const maxExpansion = 8;

/**
 * True if a head is to keep one more append. If not, all of its messages cost less in a part of their own: a larger part
 * less often, against a larger head each time.
 *
 * @param head - With the append in its tail.
 */
export function hasRoom({ writeUnits }: RecordStore, head: Head, entry: Entry): boolean {
  if (writeUnits === undefined) return sizeOf(toStateText(formatHead(head))) <= plainHeadBytes;
  const { bytes: unit, measure } = writeUnits;
  // Some small appends go into what is left of the first unit; fewer than that are not worth a part.
  const isOneUnit = fits(entry.data, unit / 4) && fits(formatHead({ ...head, tail: [] }), 0.6 * unit);
  return fits(formatHead(head), (isOneUnit ? unit : 2 * unit) - otherBytes);

  function fits(data: PlainData, maxBytes: number): boolean {
    const text = String(toStateText(data));
    const bytes = sizeOf(text);
    return bytes <= maxBytes || (bytes <= maxExpansion * maxBytes && measure(text) <= maxBytes);
  }
}
