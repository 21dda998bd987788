import { errorKind } from './kinds.js';
import { formatStep } from './path.js';
import type { ValueKind } from './value-kind.js';

export interface TakenApart {
  /** What the value holds, each part under the words that lead to it in a path. */
  readonly parts: ReadonlyMap<string, unknown>;
  /** What else there is to compare, as text. */
  readonly rest: string;
}

/** Takes an object apart, by its kind if it is of one. */
export function takeApart(value: object, kind: ValueKind | undefined): TakenApart {
  const parts = new Map<string, unknown>();
  // Of an object that is of no kind, or may not have properties besides what it holds, each property counts.
  if (kind === undefined || kind.isBare) {
    for (const key of Reflect.ownKeys(value)) {
      const isIndex = Array.isArray(value) && typeof key === 'string' && /^\d+$/.test(key);
      const words = isIndex || typeof key === 'symbol' ? `[${String(key)}]` : formatStep(key);
      parts.set(words, Reflect.get(value, key));
    }
  }
  const plain = kind?.toPlain(value, ({ words }, part) => {
    parts.set(words, part);
    return null;
  });
  // An error is compared by its parts alone: the order of its properties is not kept.
  return { parts, rest: kind === errorKind ? '' : JSON.stringify(plain ?? null) };
}
