import { HttpError } from './http-error.js';

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
/** Shorter texts of a body are in too many other words to be taken out of them. */
const minBodyText = 4;

/**
 * Knows the secrets of one request, and takes them out of what is said of its failure: a library may quote in its
 * message what it could not handle.
 */
export class Redactor {
  readonly #secrets = new Set<string>();

  addHeaders(headers: Headers): void {
    for (const name of secretHeaders) {
      const value = headers.get(name);
      if (!value) continue;
      this.#secrets.add(value);
      this.#secrets.add(value.slice(value.indexOf(' ') + 1)); // Without the scheme.
    }
  }

  /** Adds the texts in a part of the body. */
  addBody(value: unknown): void {
    if (typeof value === 'string' && value.length >= minBodyText) this.#secrets.add(value);
    if (typeof value === 'object' && value !== null)
      for (const part of Object.values(value)) this.addBody(part);
  }

  text(text: string): string {
    let rest = text;
    for (const secret of this.#secrets) rest = rest.replaceAll(secret, '[redacted]');
    return rest;
  }

  /** Describes an error and its causes for the log. Other properties stay behind: nobody knows what is in them. */
  describe(error: unknown, depth = 0): ErrorDescription {
    if (!(error instanceof Error)) return { type: typeof error, message: 'What was thrown is not an error.' };
    const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    const hasCause = error.cause !== undefined && depth < maxCauses;
    return {
      type: error.name,
      message: this.text(error.message),
      ...(code !== undefined && { code: this.text(code) }),
      // Where an answer of this server was made says nothing about its cause.
      ...(error.stack !== undefined && !(error instanceof HttpError) && { stack: this.text(error.stack) }),
      ...(hasCause && { cause: this.describe(error.cause, depth + 1) }),
    };
  }
}
