import { isRecord } from './object-kinds.js';
import { AnnotatedData, type PlainData, type SerializedState } from './state-serializer.js';

/**
 * A serialized state in the form that backends without a native map keep: bytes as they are, all else as JSON text,
 * `{"json":…}` with the notes beside it under `meta` where there are any. superjson reads that text as it is.
 *
 * @example
 * toStateText({ turnCount: 1 }); // '{"json":{"turnCount":1}}'
 */
export function toStateText(state: SerializedState): string | Uint8Array {
  if (state instanceof Uint8Array) return state;
  if (state instanceof AnnotatedData) return JSON.stringify({ json: state.data, meta: state.notes });
  return JSON.stringify({ json: state });
}

/**
 * The reverse of {@link toStateText}. Throws where the text is not of that form, without repeating any of it.
 *
 * @example
 * fromStateText('{"json":{"turnCount":1}}'); // { turnCount: 1 }
 */
export function fromStateText(text: string | Uint8Array): SerializedState {
  if (typeof text !== 'string') return text;
  const parsed = parseJson(text);
  if (!isRecord(parsed) || parsed.json === undefined) throw new SyntaxError('The stored text has no "json".');
  return parsed.meta === undefined ? parsed.json : new AnnotatedData(parsed.json, parsed.meta);
}

/** `JSON.parse`, but for its message: that quotes the text, which is somebody's session. */
export function parseJson(text: string): PlainData {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError('The stored text is not JSON.');
  }
}
