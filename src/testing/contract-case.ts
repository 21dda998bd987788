import type { AgentStore } from '../domain/agent-store.js';
import type { ContractBackend, ContractStoreOptions, CreateBackend } from './backend.js';
import { ids } from './fixtures.js';

/**
 * One promise of the `AgentStore` port, as a test for any runner.
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
export interface CaseContext {
  readonly backend: ContractBackend;
  open(options?: Partial<ContractStoreOptions>): AgentStore;
}

/** The cases of one promise, by name. */
export type Cases = Readonly<Record<string, (context: CaseContext) => Promise<void>>>;

export function toContractCases(cases: Cases, createBackend: CreateBackend): ContractCase[] {
  return Object.entries(cases).map(([name, test]) => ({ name, run: () => runCase(test, createBackend) }));
}

async function runCase(test: Cases[string], createBackend: CreateBackend): Promise<void> {
  const backend = await createBackend();
  const opened: AgentStore[] = [];
  try {
    await test({
      backend,
      open: (options) => {
        const store = backend.open({ agentId: ids.agentId, ...options });
        opened.push(store);
        return store;
      },
    });
    await Promise.all(opened.map((store) => store.close()));
  } finally {
    await backend.dispose();
  }
}
