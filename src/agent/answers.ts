import type { StartTurnOptions } from '../domain/agent.js';
import { toPlainJson } from '../domain/values/plain-json.js';

/** An answer to what a turn has asked. */
export interface Answer {
  readonly kind: 'ask' | 'credential';
  /** Of the question. */
  readonly id: string;
  readonly value: unknown;
  /** As the user would have said it. */
  readonly text: string;
}

/** What a caller answers, in order. */
export function listAnswers({ inputs = [], credentials = [] }: StartTurnOptions): Answer[] {
  return [
    ...inputs.map(({ inputId, value }): Answer => ({ kind: 'ask', id: inputId, value, text: toText(value) })),
    ...credentials.map(
      ({ authId, credential }): Answer => ({
        kind: 'credential',
        id: authId,
        value: credential,
        text: 'The credential was given.',
      }),
    ),
  ];
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(toPlainJson(value));
}
