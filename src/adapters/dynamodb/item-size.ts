import { isBytes } from '../../domain/values/built-in.js';
import { isRecord } from '../../domain/values/objects.js';
import type { AttributeValue, Item } from './attribute-value.js';
import { elementBytes, flagBytes, listBytes, numberSize, textSize } from './value-size.js';

/** The largest item, attribute names included. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
export const maxItemBytes = 409_600;

/** What DynamoDB counts for an item: every name in UTF-8, and every value. */
export function itemSize(item: Item): number {
  let size = 0;
  for (const [name, value] of Object.entries(item)) size += textSize(name) + valueSize(value);
  return size;
}

function valueSize(value: AttributeValue): number {
  if ('S' in value) return textSize(value.S);
  if ('N' in value) return numberSize(Number(value.N));
  if ('B' in value) return value.B.byteLength;
  if ('L' in value) return value.L.reduce((sum, each) => sum + elementBytes + valueSize(each), listBytes);
  if ('M' in value) return listBytes + Object.keys(value.M).length * elementBytes + itemSize(value.M);
  return flagBytes;
}

/** The same for an item that came back, whoever wrote it. What is of a type that no store writes counts as 1. */
export function storedItemSize(item: Readonly<Record<string, unknown>>): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + textSize(name) + storedValueSize(value),
    0,
  );
}

function storedValueSize(value: unknown): number {
  const { S, N, B, L, M }: Partial<Record<string, unknown>> = Object(value);
  if (typeof S === 'string') return textSize(S);
  if (typeof N === 'string') return numberSize(Number(N));
  if (isBytes(B)) return B.byteLength;
  if (Array.isArray(L)) return L.reduce((sum, each) => sum + elementBytes + storedValueSize(each), listBytes);
  if (isRecord(M)) return listBytes + Object.keys(M).length * elementBytes + storedItemSize(M);
  return flagBytes;
}
