import type { AgentEvent } from '../../domain/agent.js';
import type { TelemetryTurnEnd, TurnTelemetry } from '../../domain/telemetry.js';
import { toHttpError } from '../failures/http-error.js';
import { FinalContent } from '../turn/final-content.js';
import { countOf } from '../turn/token-count.js';
import type { Guard } from './guard.js';

type Outcome = TelemetryTurnEnd['outcome'];

/** What the codes say of a turn that has not completed, if it has not simply failed. */
const outcomes: Readonly<Record<string, Outcome>> = {
  CANCELLED: 'cancelled',
  CLIENT_GONE: 'cancelled',
  INTERRUPTED: 'interrupted',
  STOPPING: 'interrupted',
  CRASHED: 'interrupted',
};

/** A turn that telemetry hears of. */
export class ObservedTurn {
  readonly #guard: Guard;
  readonly #heard: TurnTelemetry;
  readonly #content: FinalContent | undefined;
  #inputTokens = 0;
  #outputTokens = 0;

  constructor(guard: Guard, heard: TurnTelemetry) {
    this.#guard = guard;
    this.#heard = heard;
    this.#content = guard.attempt(() => heard.wantsContent) === true ? new FinalContent() : undefined;
  }

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#guard.run((inside) => this.#heard.run(inside), work);
  }

  take(event: AgentEvent): void {
    const count = countOf(event);
    this.#inputTokens += count?.input ?? 0;
    this.#outputTokens += count?.output ?? 0;
    this.#content?.add(event);
  }

  /** Ends it as the answer to its caller does: with the error that has ended it, if there is one. */
  end(end: { readonly outcome: string; readonly error?: unknown }, isEndElsewhere: boolean): void {
    this.#guard.attempt(() =>
      this.#heard.end({
        ...describeEnd(end, isEndElsewhere),
        inputTokens: this.#inputTokens,
        outputTokens: this.#outputTokens,
        ...(this.#content && { content: this.#content.text }),
      }),
    );
  }
}

function describeEnd(
  { outcome, error }: { readonly outcome: string; readonly error?: unknown },
  isEndElsewhere: boolean,
): Pick<TelemetryTurnEnd, 'outcome' | 'code'> {
  if (outcome === 'completed') {
    return isEndElsewhere ? { outcome: 'interrupted', code: 'INTERRUPTED' } : { outcome: 'completed' };
  }
  const { code } = toHttpError(error);
  return { outcome: outcomes[code] ?? 'failed', code };
}
