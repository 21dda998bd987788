import { AgentStoreError, explainFailure } from '../errors.js';
import { inside } from '../inside.js';
import type { ListableRecords } from '../list-keys.js';
import type { SessionList, SessionListOptions, SessionPage } from '../sessions/session-list.js';
import type { AgentStoreSettings } from './agent-store-options.js';
import { listSessions } from './list-sessions.js';
import { StoreCore } from './store-core.js';
import { StoreHolder } from './store-holder.js';

/**
 * A store over whatever keeps its records. Every agent store of this package is one, and so is what `createAgentStore` makes.
 *
 * @example
 * const agentStore: PersistentAgentStore = createAgentStore(new FileRecordStore('sessions'), { agentId: 'support' });
 */
export class PersistentAgentStore extends StoreHolder implements SessionList {
  readonly #core: StoreCore;

  /** @internal */
  constructor(settings: AgentStoreSettings, records: ListableRecords) {
    const core = new StoreCore(settings, records);
    super(core, true);
    this.#core = core;
  }

  /** @internal */
  get [inside](): StoreCore {
    return this.#core;
  }

  async listSessions(options: SessionListOptions = {}): Promise<SessionPage> {
    const { calls, settings, isClosed } = this.#core;
    try {
      if (isClosed) throw new AgentStoreError('UNAVAILABLE', 'The store is closed.');
      // No session has this id: it waits for no other call, and closing waits for it.
      return await calls.after('', () => listSessions(this.#core, options));
    } catch (error) {
      const details = { operation: 'listSessions', agentId: settings.agentId } as const;
      throw explainFailure(error, 'Could not list the sessions', details);
    }
  }
}
