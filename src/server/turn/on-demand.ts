import type { AgentStore } from '../../domain/agent-store.js';
import type { StateReader } from '../config.js';
import type { AgentContext } from '../request-context.js';
import type { RunningTurn } from '../sessions/running-turn.js';

/** What of a context is made when it is asked for: making it takes a measurable part of a short turn. */
export class OnDemand implements Pick<AgentContext, 'signal' | 'agentStore'> {
  readonly #turn: RunningTurn;
  readonly #store: StateReader | undefined;
  #holder: AgentStore | undefined;

  constructor(turn: RunningTurn, store: StateReader | undefined) {
    this.#turn = turn;
    this.#store = store;
  }

  get signal(): AbortSignal {
    return this.#turn.signal.abortSignal;
  }

  /** Asked for by the factory, in the scope of the new agent, whose holder it so becomes. */
  get agentStore(): AgentStore {
    this.#holder ??= openHolder(this.#store);
    return this.#holder;
  }
}

function openHolder(store: StateReader | undefined): AgentStore {
  if (store?.holder !== undefined) return store.holder();
  if (store !== undefined && isAgentStore(store)) return store;
  throw new TypeError('No "agentStore" is configured that loads and saves states.');
}

function isAgentStore(store: StateReader): store is AgentStore {
  return 'save' in store && typeof store.save === 'function';
}
