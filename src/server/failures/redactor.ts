import { isError } from '../../domain/values/built-in.js';
import { bodyTexts, headerSecrets, quotedForms } from './secrets.js';

/** What a thrown value says of itself. */
export interface ErrorDescription {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorDescription;
}

const maxCauses = 5;
const redacted = '[redacted]';
/** Stands for a secret until all are out: one secret may be part of the words that are put in its place. */
const mark = '\0';
/** How many characters a message may have to be looked through, and how many comparisons that may take. */
const maxMessage = 16_384;
const maxComparisons = 20_000_000;
const maxFrames = 50;
const frame = /^\s+at .*(?::\d+:\d+|<anonymous>|native|index \d+)\)?$/;

/** What is to be hidden of a body. */
export interface HiddenBody {
  /** Every text within is hidden. `'too large'` hides every message instead. */
  readonly texts: unknown;
  /** Hidden however short they are, and in whatever form they are quoted. */
  readonly credentials?: readonly string[];
}

/**
 * Knows the secrets of one request, and takes them out of what is said of its failure: a library may quote in its
 * message what it could not handle.
 */
export class Redactor {
  readonly #headers: Readonly<Record<string, string>>;
  #body: HiddenBody = { texts: undefined };
  #secrets: readonly string[] | 'too many' | undefined;

  constructor(headers: Readonly<Record<string, string>> = {}) {
    this.#headers = headers;
  }

  hide(body: HiddenBody): void {
    this.#body = body;
    this.#secrets = undefined;
  }

  text(text: string): string {
    this.#secrets ??= this.#collect();
    if (this.#secrets === 'too many' || text.length > maxMessage) return redacted;
    if (this.#secrets.length * text.length > maxComparisons) return redacted;
    let rest = text;
    for (const secret of this.#secrets) if (rest.includes(secret)) rest = rest.replaceAll(secret, mark);
    return rest.replaceAll(mark, redacted);
  }

  /** The message of an error, if it has one. Never throws, whatever was thrown. */
  message(error: unknown): string | undefined {
    try {
      return isError(error) ? this.text(toText(error.message)) : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Describes an error and its causes for the log. Other properties stay behind: nobody knows what is in them. Never
   * throws, whatever was thrown.
   */
  describe(error: unknown, depth = 0): ErrorDescription {
    try {
      return this.#describe(error, depth);
    } catch {
      return { type: typeof error, message: 'What was thrown cannot be looked at.' };
    }
  }

  #describe(error: unknown, depth: number): ErrorDescription {
    if (!isError(error)) return { type: typeof error, message: 'What was thrown is not an error.' };
    const [type, message] = [toText(error.name), this.text(toText(error.message))];
    const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    const hasCause = error.cause !== undefined && depth < maxCauses;
    return {
      type,
      message,
      ...(code !== undefined && { code: this.text(code) }),
      ...(typeof error.stack === 'string' && {
        stack: [`${type}: ${message}`, ...readFrames(error.stack, toText(error.message))].join('\n'),
      }),
      ...(hasCause && { cause: this.describe(error.cause, depth + 1) }),
    };
  }

  /** Collected once, and only after something has failed. The longest come first: one may be part of another. */
  #collect(): readonly string[] | 'too many' {
    const { texts, credentials = [] } = this.#body;
    const found = texts === 'too large' ? undefined : bodyTexts(texts);
    if (found === undefined) return 'too many';
    const all = new Set([...found, ...headerSecrets(this.#headers), ...credentials.flatMap(quotedForms)]);
    all.delete('');
    return [...all].filter(({ length }) => length <= maxMessage).sort((a, b) => b.length - a.length);
  }
}

/** The lines of a stack that name places in the code. They hold nothing of a request, unlike the message before them. */
function readFrames(stack: string, message: string): string[] {
  const start = message.length > maxMessage ? -1 : stack.indexOf(message);
  const lines = stack.slice(start === -1 ? -maxMessage : start + message.length).split('\n');
  const first = lines.findLastIndex((line) => !frame.test(line)) + 1;
  return lines.slice(first, first + maxFrames);
}

/** Errors of libraries do not always have a message, or a name, that is text. */
function toText(value: unknown): string {
  return value === undefined ? '' : String(value);
}
