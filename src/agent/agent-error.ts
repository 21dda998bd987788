/**
 * What went wrong in a turn of `createAgent`, and so what to do:
 *
 * - `REPLAY_MISMATCH`: `turn` has taken another way than before the answer came: another name, order or prompt. The question and the
 *   answer stay as they are; send the answer again once the code is right.
 * - `JOURNAL_FULL`: the steps and answers of the turn are too large together. Do more in one step, or return less.
 * - `NOT_ASKED`: the answer is to nothing that this session has asked. Look at its state.
 * - `INVALID_ANSWER`: the answer is none of the options. The question still waits.
 * - `ALREADY_ANSWERED`: another answer was given before, and the turn has gone on with it. Send that one again, or a new message.
 * - `TURN_RUNNING`: the agent runs another turn.
 * - `MISUSED`: `turn` has called something in a way that cannot work; the message says what.
 *
 * @example
 * const isOurs = (error: unknown) => error instanceof AgentError && error.code === 'JOURNAL_FULL';
 */
export type AgentErrorCode =
  | 'REPLAY_MISMATCH'
  | 'JOURNAL_FULL'
  | 'NOT_ASKED'
  | 'INVALID_ANSWER'
  | 'ALREADY_ANSWERED'
  | 'TURN_RUNNING'
  | 'MISUSED';

/**
 * The one error that a turn of `createAgent` fails with by itself. The last event of the turn has its `code`.
 *
 * @example
 * const codeOf = (error: unknown) => (error instanceof AgentError ? error.code : undefined);
 */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: AgentErrorCode;

  /** `message` says what went wrong and what to do. */
  constructor(code: AgentErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function replayMismatch(): AgentError {
  const message =
    'The turn has taken another way than before the answer came. The question still waits; send the answer again once the agent is as it was.';
  return new AgentError('REPLAY_MISMATCH', message);
}

export function misused(message: string): AgentError {
  return new AgentError('MISUSED', message);
}
