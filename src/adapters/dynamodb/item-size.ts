import { isBytes } from '../../domain/values/built-in.js';
import { isRecord } from '../../domain/values/objects.js';
import type { AttributeValue, Item } from './attribute-value.js';

/** The largest item, attribute names included. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
export const maxItemBytes = 409_600;

/** What DynamoDB counts for an item: every name in UTF-8, and every value. */
export function itemSize(item: Item): number {
  let size = 0;
  for (const [name, value] of Object.entries(item)) size += textSize(name) + valueSize(value);
  return size;
}

/** What DynamoDB counts for a value: 3 bytes and 1 an element for a list or map, besides what is in it. */
function valueSize(value: AttributeValue): number {
  if ('S' in value) return textSize(value.S);
  if ('N' in value) return numberSize(Number(value.N));
  if ('B' in value) return value.B.byteLength;
  if ('L' in value) return value.L.reduce((sum, element) => sum + 1 + valueSize(element), 3);
  if ('M' in value) return 3 + Object.keys(value.M).length + itemSize(value.M);
  return 1;
}

/** Two decimal digits a byte, paired from the decimal point, without zeros at either end; one more for the exponent and one for the sign. */
function numberSize(value: number): number {
  if (value === 0) return 1;
  if (Number.isSafeInteger(value)) return wholeNumberSize(value);
  const [mantissa = '', exponent] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '').length;
  const unpaired = Math.abs(Number(exponent)) % 2 === 0 ? 1 : 0;
  return Math.ceil((digits + unpaired) / 2) + (value < 0 ? 2 : 1);
}

/** The same, without making text of it. */
function wholeNumberSize(value: number): number {
  let size = value < 0 ? 2 : 1;
  let left = Math.abs(value);
  while (left % 100 === 0) left /= 100;
  for (; left > 0; left = Math.floor(left / 100)) size++;
  return size;
}

function textSize(text: string): number {
  return Buffer.byteLength(text);
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
  if (Array.isArray(L)) return L.reduce((sum, each) => sum + 1 + storedValueSize(each), 3);
  if (isRecord(M)) return 3 + Object.keys(M).length + storedItemSize(M);
  return 1;
}
