import { isBytes } from './built-in.js';
import { isRecord } from './objects.js';
import { AnnotatedData, type PlainData, type SerializedData } from './plain-data.js';
import { requireSize, sizeOf } from './size.js';

/**
 * Serialized data in the form that backends without a native map keep: bytes as they are, all else as JSON text,
 * `{"json":…}` with the notes beside it under `meta`, if there are any. superjson reads that text as it is.
 *
 * @example
 * toStateText({ turnCount: 1 }); // '{"json":{"turnCount":1}}'
 */
export function toStateText(data: SerializedData): string | Uint8Array {
  if (isBytes(data)) return data;
  if (data instanceof AnnotatedData) return JSON.stringify({ json: data.data, meta: data.notes });
  return JSON.stringify({ json: data });
}

/**
 * The reverse of {@link toStateText}. Throws if the text is not of that form, without repeating any of it.
 *
 * @example
 * fromStateText('{"json":{"turnCount":1}}'); // { turnCount: 1 }
 *
 * @param maxBytes - The most bytes that the text may have. More are not parsed. @defaultValue no limit
 *
 * @throws AgentStoreError `TOO_LARGE` if the text has more bytes.
 */
export function fromStateText(
  text: string | Uint8Array,
  maxBytes = Number.POSITIVE_INFINITY,
): SerializedData {
  requireSize(sizeOf(text), maxBytes);
  if (typeof text !== 'string') return text;
  const parsed = parseJson(text);
  if (!isRecord(parsed) || parsed.json === undefined) throw new SyntaxError('The stored text has no "json".');
  return parsed.meta === undefined ? parsed.json : new AnnotatedData(parsed.json, parsed.meta);
}

/** How deep JSON may nest: parsing what nests a hundred thousand times takes gigabytes. */
const maxNesting = 10_000;

/** `JSON.parse`, but for its message: that quotes the text, which is somebody's session. */
export function parseJson(text: string): PlainData {
  // Looking at every character takes as long as parsing: it is done only if there are brackets enough.
  const isLong = text.length > maxNesting;
  if (isLong && count(text, '[') + count(text, '{') > maxNesting && nestsDeeper(text, maxNesting))
    throw new SyntaxError(`The stored text nests deeper than ${maxNesting} levels.`);
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError('The stored text is not JSON.');
  }
}

function count(text: string, character: string): number {
  let found = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) found++;
  return found;
}

function nestsDeeper(text: string, limit: number): boolean {
  let depth = 0;
  let isInText = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isInText) {
      if (code === 0x5c) index++;
      else if (code === 0x22) isInText = false;
    } else if (code === 0x22) isInText = true;
    else if (code === 0x5b || code === 0x7b) depth++;
    else if (code === 0x5d || code === 0x7d) depth--;
    if (depth > limit) return true;
  }
  return false;
}
