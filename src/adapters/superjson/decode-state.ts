import { isRecord, setOwn } from '../../domain/object-kinds.js';
import { AnnotatedData, type SerializedState } from '../../domain/state-serializer.js';
import { dateFields } from './encode-state.js';
import { loadSuperjson } from './extended-superjson.js';
import { parseNotesPath } from './notes-path.js';

/** A place in the data that a note is about. */
interface NotedPlace {
  readonly holder: Record<string, unknown>;
  readonly key: string;
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
    const place = findPlace(data, path, note);
    if (!restorePlain(place)) rich.push(place);
  }
  return rich.length === 0 ? data : restoreRich(rich).then(() => data);
}

function decodeWithoutNotes(data: unknown): unknown {
  if (!isRecord(data)) throw new TypeError('The stored state is not an object.');
  for (const field of dateFields) data[field] = toDate(data[field]);
  return data;
}

/** Restores a date or `undefined`; says whether it was one. */
function restorePlain({ holder, key, note }: NotedPlace): boolean {
  if (!Array.isArray(note) || note.length !== 1) return false;
  if (note[0] === 'undefined') setOwn(holder, key, undefined);
  else if (note[0] === 'Date') setOwn(holder, key, toDate(holder[key]));
  else return false;
  return true;
}

async function restoreRich(places: readonly NotedPlace[]): Promise<void> {
  const superjson = await loadSuperjson();
  for (const { holder, key, note } of places) {
    const noted = { json: holder[key], meta: { values: note, v: 1 } } as Parameters<
      typeof superjson.deserialize
    >[0];
    setOwn(holder, key, superjson.deserialize(noted, { inPlace: true }));
  }
}

function findPlace(data: unknown, path: string, note: unknown): NotedPlace {
  const [key, ...parents] = parseNotesPath(path).reverse();
  let holder = data;
  for (const parent of parents.reverse()) {
    holder = isHolder(holder) && Object.hasOwn(holder, parent) ? holder[parent] : undefined;
  }
  if (isHolder(holder) && key !== undefined) return { holder, key, note };
  throw new RangeError('A note beside the state is about a place that is not there.');
}

/** A list is one too: its keys are its indexes. */
function isHolder(value: unknown): value is Record<string, unknown> {
  return Array.isArray(value) || isRecord(value);
}

function toDate(value: unknown): Date {
  const date = new Date(typeof value === 'string' ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) throw new TypeError('A date in the stored state is not an ISO date.');
  return date;
}
