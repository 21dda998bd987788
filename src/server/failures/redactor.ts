/** What a thrown value says of itself. */
export interface ErrorDescription {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorDescription;
}

const secretHeaders = [
  'authorization',
  'cookie',
  'x-amz-bedrock-agentcore-identity-wat',
  'workloadaccesstoken',
];
const maxCauses = 5;
/** Stands for a secret until all are out: one secret may be part of the words that are put in its place. */
const mark = '\0';
/** Texts of a body that are shorter are part of too many other words to be taken out of them. */
const minText = 4;

/**
 * Knows the secrets of one request, and takes them out of what is said of its failure: a library may quote in its
 * message what it could not handle.
 */
export class Redactor {
  readonly #headers: Readonly<Record<string, string>>;
  #hidden: { readonly texts: unknown; readonly credentials: readonly string[] } | undefined;
  #known: readonly string[] | undefined;

  constructor(headers: Readonly<Record<string, string>> = {}) {
    this.#headers = headers;
  }

  /** Hides, besides the headers, every text within `texts`, and each credential however short it is. */
  hide(texts: unknown, credentials: readonly string[] = []): void {
    this.#hidden = { texts, credentials };
    this.#known = undefined;
  }

  text(text: string): string {
    let rest = text;
    this.#known ??= this.#secrets();
    for (const secret of this.#known) rest = rest.replaceAll(secret, mark);
    return rest.replaceAll(mark, '[redacted]');
  }

  /** The message of an error, if it has one. Never throws, whatever was thrown. */
  message(error: unknown): string | undefined {
    try {
      return error instanceof Error ? this.text(toText(error.message)) : undefined;
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
    if (!(error instanceof Error)) return { type: typeof error, message: 'What was thrown is not an error.' };
    const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    const hasCause = error.cause !== undefined && depth < maxCauses;
    return {
      type: toText(error.name),
      message: this.text(toText(error.message)),
      ...(code !== undefined && { code: this.text(code) }),
      ...(typeof error.stack === 'string' && { stack: this.text(error.stack) }),
      ...(hasCause && { cause: this.describe(error.cause, depth + 1) }),
    };
  }

  /** Collected once, and only after something has failed. The longest come first: one may be part of another. */
  #secrets(): string[] {
    const secrets = new Set<string>(this.#hidden?.credentials);
    for (const name of secretHeaders) {
      const value = this.#headers[name] ?? '';
      secrets.add(value).add(value.slice(value.indexOf(' ') + 1)); // Without the scheme.
    }
    addTexts(this.#hidden?.texts, secrets);
    secrets.delete('');
    return [...secrets].sort((a, b) => b.length - a.length);
  }
}

/** Errors of libraries do not always have a message, or a name, that is text. */
function toText(value: unknown): string {
  return value === undefined ? '' : String(value);
}

function addTexts(value: unknown, texts: Set<string>): void {
  if (typeof value === 'string' && value.length >= minText) {
    texts.add(value).add(JSON.stringify(value).slice(1, -1)); // As it is quoted within JSON.
  } else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) addTexts(part, texts);
  }
}
