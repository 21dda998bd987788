import { AnnotatedData, type PlainData, type SerializedState } from './state-serializer.js';

/**
 * A serialized state in the form that backends without a native map keep: bytes as they are, all else as JSON text,
 * `{"json":…}` with the notes beside it under `meta` where there are any. superjson reads that text as it is.
 */
export function toStateText(state: SerializedState): string | Uint8Array {
  if (state instanceof Uint8Array) return state;
  if (state instanceof AnnotatedData) return JSON.stringify({ json: state.data, meta: state.notes });
  return JSON.stringify({ json: state });
}

/** The reverse of {@link toStateText}. Throws where the text is not of that form, without repeating any of it. */
export function fromStateText(text: string | Uint8Array): SerializedState {
  if (typeof text !== 'string') return text;
  const parsed = parse(text);
  if (typeof parsed !== 'object' || parsed === null || !('json' in parsed)) {
    throw new SyntaxError('The stored text is not a state: it has no "json".');
  }
  const { json, meta } = parsed as { readonly json: PlainData; readonly meta?: PlainData };
  return meta === undefined ? json : new AnnotatedData(json, meta);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own message quotes the text, which is somebody's session.
    throw new SyntaxError('The stored text is not JSON.');
  }
}
