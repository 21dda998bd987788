import { AgentStoreError, type AgentStoreOperation } from '../errors.js';
import { inside } from '../inside.js';
import type { LogItem, RunningTurn, TurnRequest, TurnStart, TurnStore } from '../turn-store.js';
import { beginTurn } from './begin-turn.js';
import { cancelTurn } from './cancel-turn.js';
import { isHeld, readLease } from './lease.js';
import { listRunning } from './list-running.js';
import { claimOwner, readOwner, removeOwner } from './owner.js';
import { readLog } from './read-log.js';
import { checkSession, checkTurn, createCore, explain, type TurnCore } from './turn-core.js';
import type { TurnStoreSettings } from './turn-store-options.js';

/**
 * A turn store over whatever keeps its records. Every one of this package is one, and so is what `createTurnStore` makes.
 *
 * @example
 * const turnStore: PersistentTurnStore = createTurnStore(new FileRecordStore('sessions'), { agentId: 'support' });
 */
export class PersistentTurnStore implements TurnStore {
  readonly #core: TurnCore;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(settings: TurnStoreSettings, records: TurnCore['records']) {
    this.#core = createCore(settings, records);
  }

  /** @internal */
  get [inside](): TurnCore {
    return this.#core;
  }

  begin(contextId: string, request: TurnRequest): Promise<TurnStart> {
    return this.#call('begin', contextId, async (core) => {
      checkTurn(core, contextId, request.turn);
      return beginTurn(core, contextId, request);
    });
  }

  runningTurn(contextId: string): Promise<string | null> {
    return this.#call('runningTurn', contextId, async (core) => {
      const lease = await readLease(core, contextId);
      return lease !== null && isHeld(lease, core.settings.now()) ? lease.turn : null;
    });
  }

  async *read(contextId: string, turn: string, after: number, signal?: AbortSignal): AsyncGenerator<LogItem> {
    try {
      this.#requireOpen();
      checkTurn(this.#core, contextId, turn);
      yield* readLog({ core: this.#core, contextId, turn }, after, signal);
    } catch (error) {
      throw explain(this.#core, error, 'read', contextId);
    }
  }

  cancel(contextId: string): Promise<boolean> {
    return this.#call('cancel', contextId, (core) => cancelTurn(core, contextId));
  }

  claim(contextId: string, owner: string): Promise<boolean> {
    return this.#call(
      'claim',
      contextId,
      async (core) => (await claimOwner(core, contextId, owner)) === owner,
    );
  }

  owner(contextId: string): Promise<string | null> {
    return this.#call('owner', contextId, (core) => readOwner(core, contextId));
  }

  disown(contextId: string): Promise<void> {
    return this.#call('disown', contextId, (core) => removeOwner(core, contextId));
  }

  async listRunningTurns(): Promise<RunningTurn[]> {
    try {
      this.#requireOpen();
      return await listRunning(this.#core);
    } catch (error) {
      throw explain(this.#core, error, 'listRunningTurns');
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { underWay, records, settings } = this.#core;
    await underWay.settled();
    try {
      await records.close?.();
    } catch (cause) {
      const details = { operation: 'close', agentId: settings.agentId, cause } as const;
      throw new AgentStoreError('UNAVAILABLE', 'The store could not close its client.', details);
    }
  }

  async #call<Result>(
    operation: AgentStoreOperation,
    contextId: string,
    run: (core: TurnCore) => Promise<Result>,
  ): Promise<Result> {
    try {
      this.#requireOpen();
      checkSession(this.#core, contextId);
      return await this.#core.underWay.after(contextId, () => run(this.#core));
    } catch (error) {
      throw explain(this.#core, error, operation, contextId);
    }
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new AgentStoreError('UNAVAILABLE', 'The store is closed.');
  }
}
