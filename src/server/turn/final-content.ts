import type { AgentEvent } from '../../domain/agent.js';

/** What the agent said in the end: of the task, else of the last content that is complete, else all of its deltas. */
export class FinalContent {
  #task: string | undefined;
  #complete: string | undefined;
  #deltas = '';

  add(event: AgentEvent): void {
    const content = readField(event, 'content');
    const delta = readField(event, 'delta');
    if (event.kind === 'task-complete' && typeof content === 'string') this.#task = content;
    if (event.kind === 'content-complete' && typeof content === 'string') this.#complete = content;
    if (event.kind === 'content-delta' && typeof delta === 'string') this.#deltas += delta;
  }

  get text(): string {
    return this.#task ?? this.#complete ?? this.#deltas;
  }
}

function readField(event: AgentEvent, name: string): unknown {
  return Reflect.get(event, name);
}
