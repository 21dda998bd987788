import type { AgentEvent } from '../domain/agent.js';
import { misused } from './agent-error.js';
import type { TurnOutput } from './turn-context.js';

/** Sends what a turn yields as events of its session. */
export class Speaker {
  constructor(
    private readonly send: (event: AgentEvent) => void,
    private readonly contextId: string,
    private readonly taskId: string,
  ) {}

  /** Sends an output, and returns its text. @throws AgentError `MISUSED` if it is neither text nor an event. */
  say(output: TurnOutput): string {
    // Written out: Node 20 is slow to add a property to what a spread has just made.
    const { contextId, taskId } = this;
    if (typeof output !== 'string') {
      if (typeof output?.kind !== 'string')
        throw misused('A turn yields text, or events, which have a "kind".');
      const event = { contextId, taskId, ...output };
      this.send(event);
      return '';
    }
    const event = { kind: 'content-delta', contextId, taskId, delta: output };
    if (output !== '') this.send(event);
    return output;
  }
}
