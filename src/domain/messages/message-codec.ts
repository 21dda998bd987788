import { defaultSerializer } from '../default-serializer.js';
import { AgentStoreError, isAgentStoreError } from '../errors.js';
import type { StateIds } from '../key-schema.js';
import type { Message } from '../message-store.js';
import { type Attributes, latestExpiry } from '../store/agent-store-options.js';
import { isBytes } from '../values/built-in.js';
import { copyValue } from '../values/copy-value.js';
import { encode } from '../values/encode.js';
import { AnnotatedData, type PlainData, type SerializedData } from '../values/plain-data.js';
import { unserializable } from '../values/walk.js';
import { type Entry, isMessage } from './head.js';
import type { MessageStoreSettings } from './message-store-options.js';

/** What one append may take, as bytes of text. */
const maxEntryBytes = 4 * 1024 * 1024;

/**
 * The messages of one append as an entry, taken as they are now: whatever waits, waits after that.
 *
 * @throws AgentStoreError `UNSERIALIZABLE` if they cannot be kept, `TOO_LARGE` if they are too many for one append.
 */
export function createEntry(
  settings: MessageStoreSettings,
  messages: readonly Message[],
  ids: StateIds,
): Entry | Promise<Entry> {
  const { serializer, now, ttlSeconds } = settings;
  // The default one takes its own copy too, but would speak of a state.
  const isCopied = serializer.copiesState === true && serializer !== defaultSerializer;
  const copy = requireMessages(isCopied ? messages : copyValue(messages, 'messages'));
  const at = now();
  const expiresAt = ttlSeconds === null ? 0 : Math.min(Math.ceil(at / 1000 + ttlSeconds), latestExpiry);
  const toEntry = (serialized: SerializedData): Entry => {
    const data = toEntryData(serialized);
    requireEntrySize(data);
    return { count: copy.length, at, expiresAt, data };
  };
  try {
    const data = serializer.serialize({ messages: copy }, ids);
    return data instanceof Promise ? data.then(toEntry, refuse).catch(refuse) : toEntry(data);
  } catch (error) {
    return refuse(error);
  }
}

/**
 * What the user keeps beside the messages.
 *
 * @throws AgentStoreError `UNSERIALIZABLE` if the user's function fails.
 */
export function describeMessages(
  { attributes }: MessageStoreSettings,
  messages: readonly Message[],
  ids: StateIds,
): Attributes | undefined {
  try {
    return attributes?.(messages, ids);
  } catch (cause) {
    if (isAgentStoreError(cause)) throw cause;
    throw new AgentStoreError('UNSERIALIZABLE', 'The function "attributes" failed.', { cause });
  }
}

/** Text that is the same for the same messages, as they are now; `undefined` if only the serializer can make any of them. */
export function toComparable(messages: readonly Message[]): string | undefined {
  try {
    return JSON.stringify(encode(messages, 'messages'));
  } catch {
    return undefined;
  }
}

/** The messages of an entry. Throws if they cannot be read. */
export async function readEntry(
  { serializer }: MessageStoreSettings,
  { data, count }: Entry,
  ids: StateIds,
): Promise<Message[]> {
  const { messages } = Object(await serializer.deserialize(fromEntryData(data), ids));
  if (Array.isArray(messages) && messages.length === count && messages.every(isMessage)) return messages;
  throw new TypeError('What is stored is no list of messages.');
}

function requireMessages(messages: readonly unknown[]): Message[] {
  return messages.map((message, index) => {
    if (isMessage(message)) return message;
    throw unserializable(
      `messages[${index}]`,
      'is no message: its role, its content or its calls are not right',
    );
  });
}

function refuse(cause: unknown): never {
  if (isAgentStoreError(cause)) throw cause;
  throw new AgentStoreError('UNSERIALIZABLE', 'The serializer failed.', { cause });
}

function requireEntrySize(data: PlainData): void {
  const bytes = Buffer.byteLength(JSON.stringify(data));
  if (bytes <= maxEntryBytes) return;
  const message = `The messages need ${bytes} bytes; one append may take ${maxEntryBytes}. Append fewer at a time.`;
  throw new AgentStoreError('TOO_LARGE', message);
}

export function toEntryData(serialized: SerializedData): PlainData {
  if (isBytes(serialized)) return { base64: Buffer.from(serialized).toString('base64') };
  if (serialized instanceof AnnotatedData) return { json: serialized.data, meta: serialized.notes };
  return { json: serialized };
}

export function fromEntryData(data: PlainData): SerializedData {
  const { json, meta, base64 }: Partial<Record<string, PlainData>> = { ...Object(data) };
  if (typeof base64 === 'string') return new Uint8Array(Buffer.from(base64, 'base64'));
  if (json === undefined) throw new TypeError('What is stored is no entry.');
  return meta === undefined ? json : new AnnotatedData(json, meta);
}
