/** What the process is working on. Whether it is busy follows from that, and nothing can set it otherwise. */
export class Activity {
  readonly #running = new Set<object>();
  #changedAt = Date.now();

  readonly #whenIdle: (() => void)[] = [];

  begin(work: object): void {
    if (this.#running.size === 0) this.#changedAt = Date.now();
    this.#running.add(work);
  }

  end(work: object): void {
    if (!this.#running.delete(work) || this.#running.size > 0) return;
    this.#changedAt = Date.now();
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** Resolves once nothing is running. */
  async idle(): Promise<void> {
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  /** The answer to a ping. */
  health(): { status: 'Healthy' | 'HealthyBusy'; time_of_last_update: number } {
    return {
      status: this.#running.size === 0 ? 'Healthy' : 'HealthyBusy',
      // The platform stops a session by its age: the time of the last change, not of this ping, and in seconds.
      time_of_last_update: Math.floor(this.#changedAt / 1000),
    };
  }
}
