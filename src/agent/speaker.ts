import type { AgentEvent } from '../domain/agent.js';
import { misused } from './agent-error.js';
import type { TurnOutput } from './turn-context.js';

/** Sends what a turn yields as events of its session. */
export class Speaker {
  readonly #ids: { readonly contextId: string; readonly taskId: string };

  constructor(
    private readonly send: (event: AgentEvent) => void,
    contextId: string,
    taskId: string,
  ) {
    this.#ids = { contextId, taskId };
  }

  /** Sends an output, and returns its text. @throws AgentError `MISUSED` if it is neither text nor an event. */
  say(output: TurnOutput): string {
    if (typeof output !== 'string') {
      if (typeof output?.kind !== 'string')
        throw misused('A turn yields text, or events, which have a "kind".');
      this.send({ ...this.#ids, ...output });
      return '';
    }
    const event = { kind: 'content-delta', ...this.#ids, delta: output };
    if (output !== '') this.send(event);
    return output;
  }
}
