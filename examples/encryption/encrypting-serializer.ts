/**
 * States encrypted before they leave the process, with AES-256-GCM.
 *
 * Shows a `StateSerializer` around the default one: the ids are authenticated with the state, so an item copied to another
 * session's key does not decrypt; every state names its key, so that keys can be rotated: it writes with one, and reads with
 * all it is given; and states from before they were encrypted are read where that is asked for.
 *
 *     new DynamoDBAgentStore({ tableName, agentId, serializer: createEncryptingSerializer({ keys, writeWith: '2026-05' }) });
 *
 * A state is stored as: a version byte, the length of the key's name, the name, 12 bytes of nonce, 16 of tag, and the rest.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import {
  defaultSerializer,
  fromStateText,
  type StateIds,
  type StateSerializer,
  toStateText,
} from '../../src/stores.js';

export interface EncryptionOptions {
  /** Keys of 32 random bytes, by name: the one to write with, and those that stored states still need. */
  readonly keys: Readonly<Record<string, Uint8Array>>;
  /** The name of the key to write with; `null` does not encrypt, while processes run that could not read it. */
  readonly writeWith: string | null;
  /**
   * Whether states that are not encrypted are read, as a table holds them that is older than its keys. Whoever may write to
   * the table can then make up a state: turn it off when none is left. @defaultValue `false`
   */
  readonly readUnencrypted?: boolean;
}

interface DerivedKeys {
  readonly name: string;
  readonly cipher: Uint8Array;
  readonly nonce: Uint8Array;
}

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;

/** @throws TypeError for keys that cannot work. */
export function createEncryptingSerializer(options: EncryptionOptions): StateSerializer {
  const { keys, writeWith, readUnencrypted = false } = options;
  const derived = new Map(Object.entries(keys).map(([name, key]) => [name, deriveKeys(name, key)]));
  const writing = writeWith === null ? null : derived.get(writeWith);
  if (writing === undefined) throw new TypeError(`There is no key "${writeWith}" to write with.`);
  if (writing === null && !readUnencrypted)
    throw new TypeError('It could not read what it writes: set "readUnencrypted".');
  return {
    // The default one takes its copy before anything here waits.
    copiesState: true,
    async serialize(state, ids) {
      const plain = await defaultSerializer.serialize(state, ids);
      return writing === null ? plain : encrypt(toStateText(plain), writing, ids);
    },
    deserialize(data, ids) {
      if (!(data instanceof Uint8Array)) {
        if (readUnencrypted) return defaultSerializer.deserialize(data, ids);
        throw new TypeError('The state is not encrypted.');
      }
      if (data[0] !== version) throw new TypeError('The state is of no version that is known.');
      const name = Buffer.from(data.subarray(2, 2 + (data[1] ?? 0))).toString();
      const reading = derived.get(name);
      if (reading === undefined) throw new TypeError('The state was encrypted with a key that is not given.');
      const plain = decrypt(data, reading, ids);
      return defaultSerializer.deserialize(fromStateText(plain), ids);
    },
  };
}

function encrypt(text: string | Uint8Array, keys: DerivedKeys, ids: StateIds): Uint8Array {
  const { name } = keys;
  const plain = Buffer.from(text);
  const authenticated = authenticate(name, ids);
  // Not random bytes alone: a process restored from a snapshot repeats them, and a nonce must never meet two states.
  const hmac = createHmac('sha256', keys.nonce).update(randomBytes(16)).update(authenticated).update('\0');
  const nonce = hmac.update(plain).digest().subarray(0, nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', keys.cipher, nonce, { authTagLength: tagBytes });
  cipher.setAAD(authenticated);
  const encrypted = [cipher.update(plain), cipher.final()];
  const header = Buffer.from([version, Buffer.byteLength(name)]);
  return Buffer.concat([header, Buffer.from(name), nonce, cipher.getAuthTag(), ...encrypted]);
}

function decrypt(data: Uint8Array, keys: DerivedKeys, ids: StateIds): string {
  const start = 2 + Buffer.byteLength(keys.name);
  const nonce = data.subarray(start, start + nonceBytes);
  const tag = data.subarray(start + nonceBytes, start + nonceBytes + tagBytes);
  try {
    const decipher = createDecipheriv('aes-256-gcm', keys.cipher, nonce, { authTagLength: tagBytes });
    decipher.setAAD(authenticate(keys.name, ids)).setAuthTag(tag);
    const encrypted = data.subarray(start + nonceBytes + tagBytes);
    return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString();
  } catch {
    throw new Error('The state does not decrypt: it was changed, or belongs to another session or key.');
  }
}

/** What is not secret, and must not be exchanged. Its JSON holds no zero byte, which so ends it. */
function authenticate(name: string, { agentId, contextId }: StateIds): Buffer {
  return Buffer.from(JSON.stringify([version, name, agentId, contextId]));
}

function deriveKeys(name: string, key: Uint8Array): DerivedKeys {
  if (key.length !== 32) throw new TypeError(`The key "${name}" must have 32 bytes.`);
  const length = Buffer.byteLength(name);
  if (length < 1 || length > 255) throw new TypeError('The name of a key must have 1 to 255 bytes.');
  const derive = (use: string) => new Uint8Array(hkdfSync('sha256', key, '', use, 32));
  return { name, cipher: derive('state cipher'), nonce: derive('state nonce') };
}
