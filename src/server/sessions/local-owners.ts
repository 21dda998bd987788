import type { TurnStore } from '../../domain/turn-store.js';

/** The owners of sessions, for a server without a turn store: as far as this process knows. */
export class LocalOwners implements Pick<TurnStore, 'claim' | 'owner'> {
  readonly #owners = new Map<string, string>();

  async claim(contextId: string, owner: string): Promise<boolean> {
    const known = this.#owners.get(contextId) ?? owner;
    this.#owners.set(contextId, known);
    return known === owner;
  }

  async owner(contextId: string): Promise<string | null> {
    return this.#owners.get(contextId) ?? null;
  }
}
