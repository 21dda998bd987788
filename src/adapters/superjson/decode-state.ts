import { isRecord, setOwn } from '../../domain/object-kinds.js';
import { AnnotatedData, type SerializedState } from '../../domain/state-serializer.js';
import { dateFields } from './encode-state.js';
import { loadSuperjson } from './extended-superjson.js';
import { findHolder, type Place } from './holder.js';
import { parseNotesPath } from './notes-path.js';

/** A place in the data that a note is about. */
interface NotedPlace extends Place {
  readonly note: unknown;
}

/** Restores in place what {@link encodeState} made plain. Throws where data and notes do not fit each other. */
export function decodeState(serialized: SerializedState): unknown {
  if (!(serialized instanceof AnnotatedData)) return decodeWithoutNotes(serialized);
  const { notes, data } = serialized;
  if (!isRecord(notes) || !isRecord(notes.values))
    throw new TypeError('The notes beside the state are not notes.');
  const rich: NotedPlace[] = [];
  for (const [path, note] of Object.entries(notes.values)) {
    const place = { ...findHolder(data, parseNotesPath(path)), note };
    if (!restorePlain(place)) rich.push(place);
  }
  return rich.length === 0 ? data : restoreRich(rich).then(() => data);
}

function decodeWithoutNotes(data: unknown): unknown {
  if (!isRecord(data)) throw new TypeError('The stored state is not an object.');
  for (const field of dateFields) data[field] = toDate(data[field]);
  return data;
}

/** Restores a date, `undefined` or a bigint; says whether it was one. */
function restorePlain({ holder, key, note }: NotedPlace): boolean {
  if (!Array.isArray(note) || note.length !== 1) return false;
  if (note[0] === 'undefined') setOwn(holder, key, undefined);
  else if (note[0] === 'Date') setOwn(holder, key, toDate(holder[key]));
  else if (note[0] === 'bigint') setOwn(holder, key, toBigInt(holder[key]));
  else return false;
  return true;
}

/** All of them in one call, as they were written. */
async function restoreRich(places: readonly NotedPlace[]): Promise<void> {
  const superjson = await loadSuperjson();
  const json = places.map(({ holder, key }) => holder[key]);
  const values = Object.fromEntries(places.map(({ note }, index) => [index, note]));
  const noted = { json, meta: { values, v: 1 } } as Parameters<typeof superjson.deserialize>[0];
  const restored = superjson.deserialize<unknown[]>(noted, { inPlace: true });
  places.forEach(({ holder, key }, index) => {
    setOwn(holder, key, restored[index]);
  });
}

function toBigInt(value: unknown): bigint {
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  throw new TypeError('A bigint in the stored state is not a whole number.');
}

function toDate(value: unknown): Date {
  const date = new Date(typeof value === 'string' ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) throw new TypeError('A date in the stored state is not an ISO date.');
  return date;
}
