import { z } from 'zod';
import { HttpError } from './http-error.js';
import type { TurnInput } from './turn.js';

/** How deep a body may nest. */
const maxNesting = 500;

const decoder = new TextDecoder('utf-8', { fatal: true });

const metadata = z.record(z.string(), z.unknown());

const prompt = z.object({
  type: z.literal('prompt'),
  prompt: z.string().min(1).max(100_000),
  metadata: metadata.optional(),
});

const resume = z
  .object({
    type: z.literal('resume'),
    inputs: z
      .array(z.object({ inputId: z.string().min(1).max(256), value: z.unknown().optional() }))
      .max(20)
      .optional(),
    credentials: z
      .array(z.object({ authId: z.string().min(1).max(256), credential: z.string().min(1).max(65_536) }))
      .max(20)
      .optional(),
    metadata: metadata.optional(),
  })
  .refine(({ inputs = [], credentials = [] }) => inputs.length + credentials.length > 0, {
    message: 'Needs inputs or credentials',
  });

const body = z.discriminatedUnion('type', [
  prompt,
  resume,
  z.object({ type: z.literal('cancel') }),
  z.object({ type: z.literal('status') }),
]);

export type InvocationBody = z.infer<typeof body>;
/** A body that asks for a turn. */
export type TurnBody = Extract<InvocationBody, { type: 'prompt' | 'resume' }>;

/** Reads the body of `POST /invocations`. @throws HttpError `BAD_REQUEST`, which names the field and never its value. */
export function parseInvocation(bytes: Uint8Array): InvocationBody {
  const result = body.safeParse(addType(parseJson(bytes)));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue === undefined || issue.path.length === 0 ? 'The body' : `"${issue.path.join('.')}"`;
  throw new HttpError('BAD_REQUEST', `${path} is not valid: ${issue?.message ?? 'unknown'}.`);
}

/** Without a type, the keys tell. */
function addType(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || 'type' in value) return value;
  if ('prompt' in value) return { ...value, type: 'prompt' };
  if ('inputs' in value || 'credentials' in value) return { ...value, type: 'resume' };
  throw new HttpError('BAD_REQUEST', 'The body needs "prompt", "inputs", "credentials" or a "type".');
}

/** What the agent is asked. */
export function toTurnInput(invocation: TurnBody, authContext: unknown): TurnInput {
  const { metadata } = invocation;
  const common = { ...(authContext != null && { authContext }), ...(metadata && { metadata }) };
  if (invocation.type === 'prompt') return { message: invocation.prompt, options: common };
  const { inputs, credentials } = invocation;
  return {
    message: null,
    options: { ...common, ...(inputs && { inputs }), ...(credentials && { credentials }) },
  };
}

function parseJson(bytes: Uint8Array): unknown {
  refuseNesting(bytes);
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw new HttpError('BAD_REQUEST', 'The body is not valid UTF-8.');
  }
  // Code that copies such a key by assignment sets a prototype. Looking for it is slow, and seldom needed.
  const mayHoldProto = text.includes('__proto__') || text.includes('\\u');
  try {
    return JSON.parse(text, mayHoldProto ? refuseProto : undefined);
  } catch (error) {
    if (error instanceof HttpError) throw error;
    // The message of a SyntaxError quotes the body.
    throw new HttpError('BAD_REQUEST', 'The body is not valid JSON.');
  }
}

function refuseProto(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new HttpError('BAD_REQUEST', 'The body has a key "__proto__".');
  return value;
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
      if (depth > maxNesting)
        throw new HttpError('BAD_REQUEST', `The body nests deeper than ${maxNesting} levels.`);
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--;
    }
  }
}
