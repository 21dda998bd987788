import { badRequest } from '../failures/http-error.js';
import type { TurnInput } from '../turn/attempt.js';
import { parseJson } from './parse-json.js';

interface Idempotent {
  /** Under which the same request may come again. */
  readonly idempotencyKey?: string;
}

interface PromptBody extends Idempotent {
  readonly type: 'prompt';
  readonly prompt: string;
  readonly metadata?: Record<string, unknown>;
}

interface ResumeBody extends Idempotent, Pick<TurnInput['options'], 'inputs' | 'credentials' | 'metadata'> {
  readonly type: 'resume';
}

/** A body that asks to hear a turn. */
interface AttachBody {
  readonly type: 'attach';
  readonly lastEventId?: string;
}

/** A body that asks for a turn. */
export type TurnBody = PromptBody | ResumeBody;
export type InvocationBody =
  | TurnBody
  | AttachBody
  | { readonly type: 'cancel' }
  | { readonly type: 'status' };

/** Reads the body of `POST /invocations`. @throws HttpError `BAD_REQUEST`, which names the field and never its value. */
export function parseInvocation(bytes: Uint8Array): InvocationBody {
  const body = parseJson(bytes);
  if (!isObject(body)) throw badRequest('The body must be a JSON object.');
  const type = 'type' in body ? body.type : guessType(body);
  switch (type) {
    case 'prompt':
      return { type, prompt: readText(body.prompt, '"prompt"', 100_000), ...readCommon(body) };
    case 'resume':
      return readResume(body);
    case 'attach':
      return { type, ...readLastEventId(body) };
    case 'cancel':
    case 'status':
      return { type };
    default:
      throw badRequest('"type" must be "prompt", "resume", "attach", "cancel" or "status".');
  }
}

/** What the agent is asked. */
export function toTurnInput(body: TurnBody, authContext: unknown): TurnInput {
  const { metadata } = body;
  const common = { ...(authContext != null && { authContext }), ...(metadata && { metadata }) };
  if (body.type === 'prompt') return { message: body.prompt, options: common };
  const { inputs, credentials } = body;
  return {
    message: null,
    options: { ...common, ...(inputs && { inputs }), ...(credentials && { credentials }) },
  };
}

function guessType(body: object): TurnBody['type'] {
  if ('prompt' in body) return 'prompt';
  if ('inputs' in body || 'credentials' in body) return 'resume';
  throw badRequest('The body needs "prompt", "inputs", "credentials" or a "type".');
}

function readResume(body: Record<string, unknown>): ResumeBody {
  const inputs = readList(body, 'inputs', (entry, path) => ({
    inputId: readText(entry.inputId, `"${path}.inputId"`, 256),
    ...('value' in entry && { value: entry.value }),
  }));
  const credentials = readList(body, 'credentials', (entry, path) => ({
    authId: readText(entry.authId, `"${path}.authId"`, 256),
    credential: readText(entry.credential, `"${path}.credential"`, 65_536),
  }));
  if (inputs.length + credentials.length === 0) {
    throw badRequest('"inputs" or "credentials" must have at least one entry.');
  }
  return {
    type: 'resume',
    ...('inputs' in body && { inputs }),
    ...('credentials' in body && { credentials }),
    ...readCommon(body),
  };
}

function readLastEventId(body: Record<string, unknown>): { lastEventId?: string } {
  if (!('lastEventId' in body)) return {};
  return { lastEventId: readText(body.lastEventId, '"lastEventId"', 128) };
}

function readList<Entry>(
  body: Record<string, unknown>,
  name: string,
  read: (entry: Record<string, unknown>, path: string) => Entry,
): Entry[] {
  const list = name in body ? body[name] : [];
  if (!Array.isArray(list) || list.length > 20)
    throw badRequest(`"${name}" must be a list of at most 20 entries.`);
  return list.map((entry: unknown, index) => {
    if (!isObject(entry)) throw badRequest(`"${name}.${index}" must be an object.`);
    return read(entry, `${name}.${index}`);
  });
}

function readText(value: unknown, path: string, longest: number): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= longest) return value;
  throw badRequest(`${path} must be a text of 1 to ${longest} characters.`);
}

function readCommon(body: Record<string, unknown>) {
  const key = body.idempotencyKey;
  return {
    ...readMetadata(body),
    ...(key !== undefined && { idempotencyKey: readText(key, '"idempotencyKey"', 256) }),
  };
}

function readMetadata(body: Record<string, unknown>): { metadata?: Record<string, unknown> } {
  if (!('metadata' in body)) return {};
  if (!isObject(body.metadata)) throw badRequest('"metadata" must be an object.');
  return { metadata: body.metadata };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
