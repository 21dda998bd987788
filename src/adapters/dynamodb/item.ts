import { AgentStoreError } from '../../domain/errors.js';
import type { RecordKey } from '../../domain/key-schema.js';
import type { NewRecord, StoredRecord } from '../../domain/record-store.js';
import { isBytes } from '../../domain/values/built-in.js';
import { isRecord } from '../../domain/values/objects.js';
import type { Compression } from '../compression.js';
import { type Item, toAttributes } from './attribute-value.js';
import { fromDataAttributes, toDataAttributes } from './data-attributes.js';
import { itemSize, maxItemBytes } from './item-size.js';
import { ownNames } from './own-names.js';
import { toUnrevised } from './unrevised.js';

/** What the attributes of an item are called, and how its data is written. */
export interface ItemLayout {
  readonly partitionKeyName: string;
  readonly sortKeyName: string;
  readonly ttlAttributeName: string;
  readonly compression: Compression;
}

export function toKey({ partition, sort }: RecordKey, { partitionKeyName, sortKeyName }: ItemLayout): Item {
  return { [partitionKeyName]: { S: partition }, [sortKeyName]: { S: sort } };
}

/** @throws AgentStoreError `TOO_LARGE` if no form of the data fits into an item. */
export async function toItem(key: RecordKey, record: NewRecord, layout: ItemLayout): Promise<Item> {
  const { revision, updatedAt, expiresAt, token, lineage, parts, entityType, attributes = {} } = record;
  const item = toAttributes(attributes, 'attributes');
  item[layout.partitionKeyName] = { S: key.partition };
  item[layout.sortKeyName] = { S: key.sort };
  item[ownNames.entityType] = { S: entityType };
  item[ownNames.updatedAt] = { S: new Date(updatedAt).toISOString() };
  item[ownNames.revision] = { S: revision };
  if (expiresAt !== undefined) item[layout.ttlAttributeName] = { N: String(expiresAt) };
  if (token !== undefined) item[ownNames.token] = { N: String(token) };
  if (lineage !== undefined) item[ownNames.lineage] = { B: Buffer.from(lineage, 'base64url') };
  if (parts !== undefined) item[ownNames.parts] = { S: parts };
  // Not measured as a whole: walking through a large map takes as long as making it.
  const { attributes: data, itemBytes } = await toDataAttributes(record, itemSize(item), layout.compression);
  if (itemBytes <= maxItemBytes) return Object.assign(item, data);
  const message = `The state needs an item of ${itemBytes} bytes; DynamoDB's limit is ${maxItemBytes}. Keep less in it.`;
  throw new AgentStoreError('TOO_LARGE', message);
}

/** The form of a stored revision. What stands for the revision of an item that has none starts with another character. */
const revisionForm = /^[!-}][!-~]{0,63}$/;

/**
 * The record in an item. An item that neither this store nor an earlier release has written cannot be read. If no condition could
 * hold for it, its revision is empty.
 */
export function fromItem(item: Readonly<Record<string, unknown>>, layout: ItemLayout): StoredRecord {
  const expiry = item[layout.ttlAttributeName];
  const [seconds, token] = [readNumber(expiry), readNumber(item[ownNames.token])];
  const lineage = readBytes(item[ownNames.lineage]);
  const parts = readText(item[ownNames.parts]);
  // The releases that wrote no revision wrote an expiry that is not used as NULL.
  const isExpiry = isOf(expiry, 'N', ...(item[ownNames.revision] === undefined ? ['NULL'] : []));
  const isToken = isOf(item[ownNames.token], 'N');
  const isReadable =
    isExpiry && isToken && isOf(item[ownNames.lineage], 'B') && isOf(item[ownNames.parts], 'S');
  const revision = isExpiry ? readRevision(item) : '';
  return {
    revision,
    // DynamoDB compares it with whole seconds.
    expiresAt: seconds === undefined ? undefined : Math.ceil(seconds),
    // A token that cannot be read counts as the largest, so that no write with a token replaces the item.
    token: isToken ? token : Number.POSITIVE_INFINITY,
    lineage: lineage === undefined ? undefined : Buffer.from(lineage).toString('base64url'),
    parts,
    read: isReadable && revision !== '' ? (maxBytes) => fromDataAttributes(item, maxBytes) : refuseToRead,
  };
}

/** The revision of an item, or what stands for it; empty if it is of a form that no release writes. */
function readRevision(item: Readonly<Record<string, unknown>>): string {
  const stored = item[ownNames.revision];
  const updatedAt = item[ownNames.updatedAt];
  if (stored === undefined) return isOf(updatedAt, 'S', 'N') ? toUnrevised(updatedAt) : '';
  const revision = readText(stored) ?? '';
  return revisionForm.test(revision) ? revision : '';
}

/** True for an attribute of one of the types, and for one that is not there. */
function isOf(value: unknown, ...types: string[]): boolean {
  return value === undefined || (isRecord(value) && types.some((type) => value[type] !== undefined));
}

function refuseToRead(): never {
  throw new TypeError('What is stored was not written by this store.');
}

function readText(value: unknown): string | undefined {
  return isRecord(value) && typeof value.S === 'string' ? value.S : undefined;
}

function readBytes(value: unknown): Uint8Array | undefined {
  return isRecord(value) && isBytes(value.B) ? value.B : undefined;
}

function readNumber(value: unknown): number | undefined {
  return isRecord(value) && typeof value.N === 'string' ? Number(value.N) : undefined;
}
