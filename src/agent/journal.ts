import {
  type AgentState,
  isAgentState,
  journalField,
  type PendingAuthRequest,
  type PendingToolInput,
} from '../domain/agent-state.js';
import { createId } from '../domain/create-id.js';
import { loadCrypto } from '../domain/node-modules.js';
import { encode } from '../domain/values/encode.js';
import { isRecord } from '../domain/values/objects.js';
import { isSameValue } from '../domain/values/same-value.js';
import { AgentError } from './agent-error.js';

/** How large a journal may be before no more steps are begun, in characters. */
const maxSize = 262_144;

/** What a call is known by: which of the calls of its kind and name it is. */
interface Call {
  readonly kind: 'step' | 'ask' | 'credential';
  /** Of a question, its prompt. */
  readonly name: string;
  /** Which of the calls with that name it is, from 1 on. */
  readonly occurrence: number;
  /** How many entries there were when it was made: those come first on every run. */
  readonly after: number;
}

/** A step that has ended, or a question that was answered. */
export interface Entry extends Call {
  readonly value?: unknown;
  /** What a step has thrown. */
  readonly error?: unknown;
  readonly hasFailed?: boolean;
  /** The text that a step has sent. */
  readonly said?: string;
  /** The id of the question that this answers. */
  readonly inputId?: string;
}

/** A question that waits. */
export interface OpenQuestion extends Call {
  readonly inputId: string;
  readonly input?: PendingToolInput;
  readonly request?: PendingAuthRequest;
}

/** What is stored of a turn that may run again. */
interface JournalData {
  readonly id: string;
  readonly taskId: string;
  readonly message: string;
  readonly metadata?: Record<string, unknown>;
  /** The state when the turn began. */
  readonly start: AgentState;
  /** How many messages each call of `history` has resolved to. */
  readonly reads: readonly number[];
  /** In the order in which they were settled. */
  readonly entries: readonly Entry[];
  readonly questions: readonly OpenQuestion[];
}

/** What a turn has done and asked so far, and how much of it a run has come past again. */
export class Journal {
  readonly id: string;
  readonly taskId: string;
  readonly message: string;
  readonly metadata: Record<string, unknown> | undefined;
  readonly start: AgentState;
  readonly reads: number[];
  readonly #entries: Entry[];
  #questions: OpenQuestion[];
  #size: number;

  private constructor(data: JournalData) {
    this.id = data.id;
    this.taskId = data.taskId;
    this.message = data.message;
    this.metadata = data.metadata;
    this.start = data.start;
    this.reads = [...data.reads];
    this.#entries = [...data.entries];
    this.#questions = [...data.questions];
    this.#size = lengthOf(data);
  }

  static begin(
    turn: Pick<JournalData, 'message' | 'metadata' | 'start'> & { taskId?: string | undefined },
  ): Journal {
    const id = createId();
    return new Journal({ ...turn, id, taskId: turn.taskId ?? id, reads: [], entries: [], questions: [] });
  }

  /** The journal in a stored state; `undefined` if there is none, or none that can be read. */
  static read(state: AgentState): Journal | undefined {
    const data: unknown = Reflect.get(state, journalField);
    return isJournalData(data) ? new Journal(data) : undefined;
  }

  /** The same journal, which goes its own way from here. */
  copy(): Journal {
    return new Journal(this.data);
  }

  /** What is stored. */
  get data(): JournalData {
    const { id, taskId, message, metadata, start, reads } = this;
    const kept = { id, taskId, message, ...(metadata && { metadata }), start };
    return { ...kept, reads: [...reads], entries: [...this.#entries], questions: [...this.#questions] };
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get questions(): readonly OpenQuestion[] {
    return this.#questions;
  }

  get answers(): number {
    return this.#entries.filter(({ kind }) => kind !== 'step').length;
  }

  /** The same for a call on every run, and for no other. */
  keyOf({ name, occurrence }: Pick<Call, 'name' | 'occurrence'>): string {
    return loadCrypto()
      .createHash('sha256')
      .update(JSON.stringify([this.id, name, occurrence]))
      .digest('base64url');
  }

  /** @throws AgentError `JOURNAL_FULL` if there is no room for the result of another step, or another answer. */
  requireRoom(): void {
    if (this.#size < maxSize) return;
    const limit = `${maxSize / 1_024} KB`;
    const message = `The steps and answers of a turn may have ${limit} together, and these have more. Do more in one step, or return less.`;
    throw new AgentError('JOURNAL_FULL', message);
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    this.#size += lengthOf(entry);
  }

  ask(question: OpenQuestion): void {
    this.#questions.push(question);
    this.#size += lengthOf(question);
  }

  /**
   * Takes an answer. True if it is the first to its question, false if it was there already.
   *
   * @throws AgentError `NOT_ASKED`, `INVALID_ANSWER` or `ALREADY_ANSWERED`, and takes nothing.
   */
  answer(kind: 'ask' | 'credential', inputId: string, value: unknown): boolean {
    const question = this.#questions.find((each) => each.kind === kind && each.inputId === inputId);
    if (question === undefined) return this.#answerAgain(inputId, value);
    const { name, occurrence, after, input } = question;
    const options = input?.options;
    if (options !== undefined && !options.some((option) => isSameValue(value, option)))
      throw new AgentError('INVALID_ANSWER', `The answer to "${name}" is none of its options.`);
    this.#questions = this.#questions.filter((each) => each !== question);
    this.add({ kind, name, occurrence, after, inputId, value });
    return true;
  }

  #answerAgain(inputId: string, value: unknown): false {
    const entry = this.#entries.find((each) => each.inputId === inputId);
    if (entry === undefined) throw new AgentError('NOT_ASKED', `No question "${inputId}" is waiting.`);
    if (isSameValue(value, entry.value)) return false;
    const message =
      'Another answer was given before, and the turn has gone on with it. Send that one again, or a new message.';
    throw new AgentError('ALREADY_ANSWERED', message);
  }
}

/** The characters that a value takes as JSON. */
function lengthOf(value: unknown): number {
  return JSON.stringify(encode(value, 'journal').data).length;
}

function isJournalData(data: unknown): data is JournalData {
  if (!isRecord(data)) return false;
  const { id, taskId, message, start, reads, entries, questions, metadata } = data;
  const texts = [id, taskId, message];
  return (
    texts.every((text) => typeof text === 'string') &&
    (metadata === undefined || isRecord(metadata)) &&
    isRecord(start) &&
    isAgentState(start) &&
    isListOf(reads, (count) => typeof count === 'number') &&
    isListOf(entries, isCall) &&
    isListOf(
      questions,
      (question) => isCall(question) && typeof Reflect.get(Object(question), 'inputId') === 'string',
    )
  );
}

function isListOf(list: unknown, isMember: (value: unknown) => boolean): boolean {
  return Array.isArray(list) && list.every(isMember);
}

function isCall(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { kind, name, occurrence, after } = value;
  const isKind = kind === 'step' || kind === 'ask' || kind === 'credential';
  return isKind && typeof name === 'string' && typeof occurrence === 'number' && typeof after === 'number';
}
