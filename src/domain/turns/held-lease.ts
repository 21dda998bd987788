import { pause } from '../store/settled-put.js';
import type { StopReason } from '../turn-store.js';
import { type Lease, replaceLease, type StoredLease, toEnd } from './lease.js';
import type { TurnCore } from './turn-core.js';

/** A lease that this process holds: renewed in time, and given up as soon as it might be somebody else's. */
export class HeldLease {
  readonly turn: string;
  readonly token: number;
  /** How many chunks of the log are written. */
  chunks = 0;
  readonly #core: TurnCore;
  readonly #contextId: string;
  readonly #listeners: ((reason: StopReason) => void)[] = [];
  readonly #tokensBefore: number;
  #usedTokens = 0;
  #stored: StoredLease;
  #renewedAt: { readonly wall: number; readonly monotonic: number };
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
    this.#tokensBefore = stored.tokens;
    this.#renewedAt = { wall: stored.since, monotonic: startedAt };
    this.#schedule();
    if (stored.isCancelled) this.#stop('cancelled');
  }

  get lease(): Lease {
    return this.#stored;
  }

  /** True if nobody else can have the lease: two thirds of its time have not passed, by the clock that says more. */
  get isSafe(): boolean {
    return this.#stopReason !== 'lost' && this.#passedMs() < this.#safeMs();
  }

  /** In how many milliseconds somebody else may have the lease, if it is not renewed. */
  get leftMs(): number {
    return this.#core.settings.leaseSeconds * 1_000 - this.#passedMs();
  }

  onStop(listener: (reason: StopReason) => void): void {
    // A process that was suspended may ask before its timers have told.
    if (!this.isSafe) this.lose();
    if (this.#stopReason === undefined) this.#listeners.push(listener);
    else listener(this.#stopReason);
  }

  /** To be called by whoever finds that the lease is not safe, or that the turn has been ended by somebody else. */
  lose(): void {
    this.#stop('lost');
  }

  /** What is no number of tokens is left out: nobody could read the lease. */
  addTokens(count: number): void {
    if (count > 0) this.#usedTokens += Math.round(count);
  }

  /**
   * Gives the lease back, unless it is somebody else's by now. Nothing is left to do if that fails: it ends by itself.
   *
   * @param isUsed - False if the turn has done nothing, and does not count.
   */
  async release(isUsed = true): Promise<void> {
    this.drop();
    const turns = isUsed ? 0 : 1;
    const release = (lease: Lease) => ({ ...lease, isReleased: true, turns: lease.turns - turns });
    await this.#write(release).catch(() => {});
  }

  /** Renews the lease no more. */
  drop(): void {
    this.#isOver = true;
    this.#clearTimers();
  }

  async #renew(): Promise<void> {
    const { now, leaseSeconds } = this.#core.settings;
    const started = { wall: now(), monotonic: performance.now() };
    const renew = (lease: Lease) => ({ ...lease, until: toEnd(started.wall, leaseSeconds) });
    try {
      const isOurs = this.isSafe && (await this.#write(renew));
      // It may have taken too long.
      if (isOurs && this.isSafe) this.#renewedAt = started;
      else this.lose();
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
      const before = this.#stored;
      // As a sum, and not added to what is stored: this may be there already, from a try that nobody has answered.
      const tokens = Math.min(this.#tokensBefore + this.#usedTokens, Number.MAX_SAFE_INTEGER);
      const lease = change({ ...before, chunks: this.chunks, tokens });
      const result = await replaceLease(this.#core, this.#contextId, before, lease, this.token);
      const { isWritten, stored } = result;
      // The turn too: without synchronous replication, Redis can hand out one token twice.
      if (stored === null || stored.token !== this.token || stored.turn !== this.turn) return false;
      this.#stored = stored;
      if (isWritten) return true;
    }
  }

  #stop(reason: StopReason): void {
    if (this.#isOver || this.#stopReason === reason || this.#stopReason === 'lost') return;
    this.#stopReason = reason;
    if (reason === 'lost') this.#clearTimers();
    for (const listener of this.#listeners.splice(0)) listener(reason);
  }

  #schedule(): void {
    this.#clearTimers();
    const renewMs = this.#core.settings.renewSeconds * 1_000;
    this.#renewTimer = setTimeout(() => void this.#renew(), Math.max(renewMs - this.#passedMs(), 0));
    this.#lossTimer = setTimeout(() => this.lose(), Math.max(this.#safeMs() - this.#passedMs(), 0) + 1);
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
