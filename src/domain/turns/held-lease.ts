import type { StopReason } from '../turn-store.js';
import { type Lease, replaceLease, type StoredLease } from './lease.js';
import { pause } from './settled-put.js';
import type { TurnCore } from './turn-core.js';

/** A lease that this process holds: renewed in time, and given up as soon as it might be somebody else's. */
export class HeldLease {
  readonly turn: string;
  readonly token: number;
  readonly #core: TurnCore;
  readonly #contextId: string;
  readonly #listeners: ((reason: StopReason) => void)[] = [];
  /** How many chunks of the log are written. */
  chunks = 0;
  #stored: StoredLease;
  #renewedAt: { readonly wall: number; readonly monotonic: number };
  #addedTokens = 0;
  #stopReason: StopReason | undefined;
  #isOver = false;
  #renewTimer: ReturnType<typeof setTimeout> | undefined;
  #lossTimer: ReturnType<typeof setTimeout> | undefined;
  /** Writes of the lease, one after another. */
  #writing: Promise<unknown> = Promise.resolve();

  /** @param startedAt - The monotonic time before the request that has taken the lease. */
  constructor(core: TurnCore, contextId: string, stored: StoredLease, startedAt: number) {
    this.#core = core;
    this.#contextId = contextId;
    this.#stored = stored;
    this.turn = stored.turn;
    this.token = stored.token;
    this.#renewedAt = { wall: stored.since, monotonic: startedAt };
    this.#schedule();
    if (stored.isCancelled) this.#stop('cancelled');
  }

  get lease(): Lease {
    return this.#stored;
  }

  /** True if nobody else can have the lease: two thirds of its time have not passed, by the clock that says more. */
  get isSafe(): boolean {
    if (this.#stopReason === 'lost') return false;
    if (this.#passedMs() < this.#safeMs()) return true;
    this.#stop('lost');
    return false;
  }

  onStop(listener: (reason: StopReason) => void): void {
    if (this.#stopReason !== undefined) listener(this.#stopReason);
    else this.#listeners.push(listener);
  }

  /** To be called by whoever finds that the turn has been ended by somebody else. */
  lose(): void {
    this.#stop('lost');
  }

  addTokens(count: number): void {
    this.#addedTokens += count;
  }

  /**
   * Gives the lease back. Nothing is left to do if that fails: it ends by itself.
   *
   * @param isUsed - False if the turn has done nothing, and does not count.
   */
  async release(isUsed = true): Promise<void> {
    this.#isOver = true;
    this.#clearTimers();
    if (this.#stopReason === 'lost') return;
    const turns = isUsed ? 0 : 1;
    const release = (lease: Lease) => ({ ...lease, isReleased: true, turns: lease.turns - turns });
    await this.#write(release).catch(() => {});
  }

  async #renew(): Promise<void> {
    const { now, leaseSeconds } = this.#core.settings;
    const started = { wall: now(), monotonic: performance.now() };
    try {
      const isOurs = await this.#write((lease) => ({ ...lease, until: started.wall + leaseSeconds * 1_000 }));
      if (!isOurs) this.#stop('lost');
      else if (this.isSafe) this.#renewedAt = started;
    } catch {
      // Tried again, until the time is up.
      await pause(4);
    }
    if (this.#stored.isCancelled) this.#stop('cancelled');
    if (!this.#isOver && this.#stopReason !== 'lost') this.#schedule();
  }

  /** Writes the lease, on top of what others have marked in it. False if it is somebody else's. */
  #write(change: (lease: Lease) => Lease): Promise<boolean> {
    const result = this.#writing.then(() => this.#writeNow(change));
    this.#writing = result.catch(() => {});
    return result;
  }

  async #writeNow(change: (lease: Lease) => Lease): Promise<boolean> {
    for (;;) {
      const added = this.#addedTokens;
      const before = this.#stored;
      const lease = change({ ...before, chunks: this.chunks, tokens: before.tokens + added });
      const { isWritten, stored } = await replaceLease(
        this.#core,
        this.#contextId,
        before,
        lease,
        this.token,
      );
      // The turn too: without synchronous replication, Redis can hand out one token twice.
      if (stored === null || stored.token !== this.token || stored.turn !== this.turn) return false;
      this.#stored = stored;
      if (!isWritten) continue;
      this.#addedTokens -= added;
      return true;
    }
  }

  #stop(reason: StopReason): void {
    if (this.#stopReason === reason || this.#stopReason === 'lost') return;
    this.#stopReason = reason;
    if (reason === 'lost') this.#clearTimers();
    for (const listener of this.#listeners.splice(0)) listener(reason);
  }

  #schedule(): void {
    this.#clearTimers();
    const renewMs = this.#core.settings.renewSeconds * 1_000;
    this.#renewTimer = setTimeout(() => void this.#renew(), Math.max(renewMs - this.#passedMs(), 0));
    this.#lossTimer = setTimeout(() => this.isSafe, Math.max(this.#safeMs() - this.#passedMs(), 0) + 1);
  }

  #clearTimers(): void {
    clearTimeout(this.#renewTimer);
    clearTimeout(this.#lossTimer);
  }

  #passedMs(): number {
    const { wall, monotonic } = this.#renewedAt;
    return Math.max(this.#core.settings.now() - wall, performance.now() - monotonic);
  }

  #safeMs(): number {
    return (this.#core.settings.leaseSeconds * 2_000) / 3;
  }
}
