import { badRequest } from '../failures/http-error.js';

/** How deep a body may nest. */
const maxNesting = 500;

/** Matches every text that names it, also by escapes of its letters. */
const mayNameProto = /__proto__|\\u00(?:5f|7[024]|6f)/i;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Parses what anybody may have sent. @throws HttpError `BAD_REQUEST`, which quotes nothing of it. */
export function parseJson(bytes: Uint8Array): unknown {
  refuseNesting(bytes);
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw badRequest('The body is not valid UTF-8.');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The message of a SyntaxError quotes the body.
    throw badRequest('The body is not valid JSON.');
  }
  if (mayNameProto.test(text)) refuseProto(value);
  return value;
}

/** Code that copies such a key by assignment sets a prototype. */
function refuseProto(root: unknown): void {
  const open = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__')) throw badRequest('The body has a key "__proto__".');
    for (const part of Array.isArray(value) ? value : Object.values(value)) {
      if (typeof part === 'object' && part !== null) open.push(part);
    }
  }
}

/** Before it is parsed: parsing alone can take more memory than there is. */
function refuseNesting(bytes: Uint8Array): void {
  let depth = 0;
  let isInText = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (isInText) {
      if (byte === 0x5c) index++;
      else if (byte === 0x22) isInText = false;
    } else if (byte === 0x22) {
      isInText = true;
    } else if (byte === 0x5b || byte === 0x7b) {
      depth++;
      if (depth > maxNesting) throw badRequest(`The body nests deeper than ${maxNesting} levels.`);
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--;
    }
  }
}
