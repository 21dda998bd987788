/** What the process is working on. It is busy while there is any such work; there is no flag to set. */
export class Activity {
  #running = 0;
  /** Until something is asked, no session is there to be kept or ended: in a copy of a snapshot, the time before that is not its own. */
  #changedAt: number | undefined;
  readonly #whenIdle: (() => void)[] = [];

  /** Notes that something was asked for the first time. */
  note(): void {
    this.#changedAt ??= Date.now();
  }

  /** Some work begins. Whoever says so calls `end` once. */
  begin(): void {
    if (this.#running === 0) this.#changedAt = Date.now();
    this.#running++;
  }

  end(): void {
    this.#running--;
    if (this.#running > 0) return;
    this.#changedAt = Date.now();
    if (this.#whenIdle.length > 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  get isBusy(): boolean {
    return this.#running > 0;
  }

  /** Resolves once nothing is running. */
  async idle(): Promise<void> {
    if (this.isBusy) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  /** The answer to a ping. */
  health(): { status: 'Healthy' | 'HealthyBusy'; time_of_last_update: number } {
    return {
      status: this.isBusy ? 'HealthyBusy' : 'Healthy',
      // In seconds, and changed only with the status: the platform ends or keeps a session by the age of its status.
      time_of_last_update: Math.floor((this.#changedAt ?? Date.now()) / 1000),
    };
  }
}
