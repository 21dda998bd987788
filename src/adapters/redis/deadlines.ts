import { type Place, Roster } from '../../domain/roster.js';

/** A request under way, and when it must be over, on the clock of `performance.now`. */
interface OpenRequest {
  readonly deadline: number;
  readonly expire: () => void;
}

/** Node ends a longer one at once. */
const longestTimer = 2 ** 31 - 1;

/**
 * Ends requests that take too long, with one timer for all of them. To make and stop one for each request took 4 µs of a save and a load,
 * by a profile.
 */
export class Deadlines {
  readonly #requests = new Roster<OpenRequest>();
  #timer: NodeJS.Timeout | undefined;
  /** When the timer is due. */
  #due = Number.POSITIVE_INFINITY;

  /** Calls `expire` after so many milliseconds, unless the request has ended by then. */
  begin(milliseconds: number, expire: () => void): Place<OpenRequest> {
    const deadline = performance.now() + milliseconds;
    if (deadline < this.#due) this.#wake(deadline, milliseconds);
    else if (this.#requests.size === 0) this.#timer?.ref();
    return this.#requests.add({ deadline, expire });
  }

  end(request: Place<OpenRequest>): void {
    // The timer stays, for the requests to come, but keeps no process alive.
    if (this.#requests.remove(request) && this.#requests.size === 0) this.#timer?.unref();
  }

  #wake(due: number, milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#expire(), Math.min(milliseconds, longestTimer));
  }

  #expire(): void {
    const now = performance.now();
    this.#timer = undefined;
    this.#due = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const request of this.#requests.list()) {
      const { deadline, expire } = request.member;
      if (deadline > now) next = Math.min(next, deadline);
      else if (this.#requests.remove(request)) expire();
    }
    if (next < this.#due) this.#wake(next, next - now);
  }
}
