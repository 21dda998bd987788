import type { AgentStore } from '../domain/agent-store.js';
import type { RecordKey, StateIds } from '../domain/key-schema.js';
import type { MessageStore } from '../domain/message-store.js';
import type { MessageStoreOptions } from '../domain/messages/message-store-options.js';
import type { KeyLimits } from '../domain/record-store.js';
import type { SessionList } from '../domain/sessions/session-list.js';
import type { AgentStoreOptions } from '../domain/store/agent-store-options.js';
import type { TurnStore } from '../domain/turn-store.js';
import type { TurnStoreOptions } from '../domain/turns/turn-store-options.js';
import type { Faults } from './faults.js';

/**
 * The options that a case gives the stores it opens; those left out have their defaults.
 *
 * @example
 * const options: ContractStoreOptions = { agentId: 'support', ttlSeconds: 60, now: () => 0 };
 */
export type ContractStoreOptions = Omit<AgentStoreOptions, 'keySchema' | 'partKeyPrefix'>;

/**
 * A backend that holds nothing yet and that nobody else uses.
 *
 * @example
 * const backend: ContractBackend = await createBackend();
 * const agentStore = backend.open({ agentId: 'support' });
 * await backend.dispose();
 */
export interface ContractBackend<Store = AgentStore, Options = ContractStoreOptions, Stored = StateIds> {
  /** The longest keys it keeps, prefixes included; absent if it sets no limit. */
  readonly keyLimits?: KeyLimits;
  /** Applied to every request that its stores send: pass each of them through `faults.run`. */
  readonly faults: Faults;
  /** Another store over the same records, as another process would make it. */
  open(options: Options): Store;
  /** Makes what is stored for a session unreadable, under the default prefixes, behind the stores' backs. */
  corrupt(stored: Stored): Promise<void>;
  /** Removes everything. It closes no store: each case closes those that it has opened. */
  dispose(): Promise<void>;
}

/**
 * Makes a backend that holds nothing yet; called once for each case.
 *
 * @example
 * const create: CreateBackend = () => createBackend();
 */
export type CreateBackend<Backend = ContractBackend> = () => Backend | Promise<Backend>;

/**
 * The options that a case gives the message stores it opens; those left out have their defaults.
 *
 * @example
 * const options: MessageContractOptions = { agentId: 'support', ttlSeconds: 60, now: () => 0 };
 */
export type MessageContractOptions = Pick<
  MessageStoreOptions,
  'agentId' | 'agentKeyPrefix' | 'messageKeyPrefix' | 'ttlSeconds' | 'heal' | 'summarize' | 'now'
>;

/**
 * The same for message stores: `corrupt` makes the record of a history unreadable.
 *
 * @example
 * const backend: MessageContractBackend = await createMessageBackend();
 * const messageStore = backend.open({ agentId: 'support' });
 */
export type MessageContractBackend = ContractBackend<MessageStore, MessageContractOptions>;

/**
 * The options that a case gives the turn stores it opens; those left out have their defaults.
 *
 * @example
 * const options: TurnContractOptions = { agentId: 'support', leaseSeconds: 600, now: () => 0 };
 */
export type TurnContractOptions = TurnStoreOptions;

/**
 * The same for turn stores, which must be able to list running turns. `corrupt` makes one record unreadable, and is told its key
 * as it is under the default prefixes.
 *
 * @example
 * const backend: TurnContractBackend = await createTurnBackend();
 * await backend.corrupt({ partition: 'agent#support', sort: 'lease#session-1' });
 */
export type TurnContractBackend = ContractBackend<TurnStore, TurnContractOptions, RecordKey>;

/**
 * The same for agent stores that can list their sessions.
 *
 * @example
 * const backend: SessionListBackend = await createListBackend();
 * const page = await backend.open({ agentId: 'support' }).listSessions();
 */
export type SessionListBackend = ContractBackend<AgentStore & SessionList>;
