/** A version of a state, numbered by the save that made it; `null` stands for no state. */
type Version = number | null;

/** What one instance knows of a session. */
interface Knowledge {
  /** What it may save over. */
  readonly accepted: Set<Version>;
  readonly blocked: boolean;
}

/** The record of a session: which save made it, and when it is gone. */
interface Stored {
  readonly version: number;
  readonly expiresAt: number;
}

/** How long a state lives in the model, in milliseconds. */
export const timeToLive = 60_000;

/** The plain model that stores are held against: what is stored, and what each instance knows of it. */
export class SessionModel {
  readonly #stored = new Map<string, Stored>();
  readonly #instances: Map<string, Knowledge>[];
  readonly #limits: readonly number[];
  /** Instances that have forgotten that they had refused a save. */
  readonly #hasForgottenBlock = new Set<number>();
  #versions = 0;
  time = 1_800_000_000_000;

  constructor(limits: readonly number[]) {
    this.#limits = limits;
    this.#instances = limits.map(() => new Map());
  }

  /** The number of the save that made what is stored, or `null`. */
  current(session: string): Version {
    const stored = this.#stored.get(session);
    return stored !== undefined && stored.expiresAt > this.time ? stored.version : null;
  }

  /** True if there is a record, be it one that has expired. */
  isStored(session: string): boolean {
    return this.#stored.has(session);
  }

  nextVersion(): number {
    return ++this.#versions;
  }

  /** Whether a save by an instance must succeed now, and whether it sends a request at all. */
  mayWrite(instance: number, session: string): boolean {
    return this.#knows(instance, session).accepted.has(this.current(session));
  }

  isBlocked(instance: number, session: string): boolean {
    return this.#knows(instance, session).blocked;
  }

  load(instance: number, session: string): void {
    const { accepted } = this.#knows(instance, session);
    const attempts = [...accepted].filter((version) => version !== null);
    this.#learn(instance, session, [this.current(session), ...attempts], false);
  }

  write(session: string, version: number): void {
    this.#stored.set(session, { version, expiresAt: this.time + timeToLive });
  }

  saved(instance: number, session: string, version: number): void {
    this.#learn(instance, session, [version], false);
  }

  /** A save of which the instance does not know whether it took effect. */
  attempted(instance: number, session: string, version: number): void {
    const { accepted } = this.#knows(instance, session);
    this.#learn(instance, session, [...accepted, version], false);
  }

  block(instance: number, session: string): void {
    this.#learn(instance, session, [...this.#knows(instance, session).accepted], true);
  }

  remove(session: string): void {
    this.#stored.delete(session);
  }

  restart(instance: number): void {
    this.#instances[instance] = new Map();
    this.#hasForgottenBlock.delete(instance);
  }

  #knows(instance: number, session: string): Knowledge {
    const blocked = this.#hasForgottenBlock.has(instance);
    return this.#instances[instance]?.get(session) ?? { accepted: new Set([null]), blocked };
  }

  #learn(instance: number, session: string, accepted: readonly Version[], blocked: boolean): void {
    const known = this.#instances[instance];
    known?.delete(session);
    known?.set(session, { accepted: new Set(accepted), blocked });
    if (known === undefined || known.size <= (this.#limits[instance] ?? 0)) return;
    // One whose saves are refused is forgotten last, and never for the one that is learned of.
    const others = [...known].filter(([other]) => other !== session);
    const [oldest] = others.find(([, { blocked }]) => !blocked) ?? others[0] ?? [];
    if (oldest === undefined) return;
    if (known.get(oldest)?.blocked) this.#hasForgottenBlock.add(instance);
    known.delete(oldest);
  }
}
