import type { AgentStore } from '../domain/agent-store.js';
import type { StateIds } from '../domain/key-schema.js';
import type { ContractBackend, ContractStoreOptions, CreateBackend } from './backend.js';

/**
 * One promise of a port, as a test for any runner.
 *
 * @example
 * const run = async ({ name, run }: ContractCase) => {
 *   await run();
 *   console.log(name);
 * };
 */
export interface ContractCase {
  readonly name: string;
  /** Rejects with an `AssertionError` if the promise is broken. */
  run(): Promise<void>;
}

/** What a case works with: a backend of its own, and stores over it that are closed when the case ends. */
export interface CaseContext<Store = AgentStore, Options = ContractStoreOptions, Stored = StateIds> {
  readonly backend: ContractBackend<Store, Options, Stored>;
  open(options?: Partial<Options>): Store;
}

/** The cases of one promise, by name. */
export type Cases<Store = AgentStore, Options = ContractStoreOptions, Stored = StateIds> = Readonly<
  Record<string, (context: CaseContext<Store, Options, Stored>) => Promise<void>>
>;

interface Closable {
  close(): Promise<void>;
}

export function toContractCases<Store extends Closable, Options extends { readonly agentId: string }, Stored>(
  cases: Cases<Store, Options, Stored>,
  createBackend: CreateBackend<ContractBackend<Store, Options, Stored>>,
  withIds: (options: Partial<Options>) => Options,
): ContractCase[] {
  return Object.entries(cases).map(([name, test]) => ({
    name,
    run: async () => {
      const backend = await createBackend();
      const opened: Store[] = [];
      try {
        await test({
          backend,
          open: (options = {}) => {
            const store = backend.open(withIds(options));
            opened.push(store);
            return store;
          },
        });
        await Promise.all(opened.map((store) => store.close()));
      } finally {
        await backend.dispose();
      }
    },
  }));
}
