import type { LiveTurn } from './live-turn.js';

interface EndedTurn {
  readonly turn: LiveTurn;
  readonly endedAt: number;
}

/** The turns of this process that have ended and had an idempotency key, for those who ask the same again. */
export class KeyedTurns {
  readonly #keepMs: number;
  /** By session and turn; the one that ended longest ago comes first. */
  readonly #turns = new Map<string, EndedTurn>();
  /** By session and key. */
  readonly #keys = new Map<string, LiveTurn>();

  constructor(keepSeconds: number) {
    this.#keepMs = keepSeconds * 1_000;
  }

  add(turn: LiveTurn): void {
    this.#forgetOld();
    turn.log.pack();
    this.#turns.set(toName(turn.sessionId, turn.id), { turn, endedAt: performance.now() });
    this.#keys.set(toName(turn.sessionId, turn.idempotency?.key), turn);
  }

  find(sessionId: string, turnId: string): LiveTurn | undefined {
    return this.#turns.get(toName(sessionId, turnId))?.turn;
  }

  findByKey(sessionId: string, key: string): LiveTurn | undefined {
    this.#forgetOld();
    return this.#keys.get(toName(sessionId, key));
  }

  /** Forgets the turn that ended longest ago. False if there is none. */
  forgetOldest(): boolean {
    for (const { turn } of this.#turns.values()) {
      this.#forget(turn);
      return true;
    }
    return false;
  }

  #forgetOld(): void {
    const limit = performance.now() - this.#keepMs;
    for (const { turn, endedAt } of this.#turns.values()) {
      if (endedAt > limit) return;
      this.#forget(turn);
    }
  }

  #forget({ sessionId, id, idempotency, log }: LiveTurn): void {
    this.#turns.delete(toName(sessionId, id));
    this.#keys.delete(toName(sessionId, idempotency?.key));
    log.clear();
  }
}

/** One name for two texts: no other two give the same. */
function toName(sessionId: string, other: string | undefined): string {
  return JSON.stringify([sessionId, other]);
}
