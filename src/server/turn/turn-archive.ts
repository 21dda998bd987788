import type { AppConfig, ResolvedConfig } from '../config.js';
import { setIdleTimer } from '../process/timing.js';
import { KeyedTurns } from './keyed-turns.js';
import { LiveTurn, type TurnNames } from './live-turn.js';
import type { ReplayLimits, ReplayLog } from './replay-log.js';

export type ReplayOptions = Pick<
  ResolvedConfig<AppConfig>,
  | 'maxReplayEvents'
  | 'maxReplayBytes'
  | 'maxTotalReplayEvents'
  | 'maxTotalReplayBytes'
  | 'replaySeconds'
  | 'idempotencySeconds'
  | 'turnStore'
>;

/**
 * What can be heard of one session: the turn that runs, and the one that ended last. A class: an object literal that lives for long is
 * allocated in the old generation by V8 after some time, and so is what is made to be put into it. That would be each turn, with all that it
 * leads to, and a scavenge would take five times as long.
 */
class SessionTurns {
  running: LiveTurn | undefined;
  ended: LiveTurn | undefined;
  endedAt = 0;
}

/**
 * The events of so many turns, the last that have ended, are not packed yet: as a rule, the next turn of their session takes their place soon,
 * and they are few enough for the garbage collector.
 */
const recentTurns = 64;

/** The turns of this process that can be heard: those that run, and of each session the one that ended last. */
export class TurnArchive {
  readonly #options: ReplayOptions;
  readonly #limits: ReplayLimits;
  /**
   * By session, and the one whose turn ended longest ago before others with an ended turn. An entry outlives its turns: the tables
   * that a map has outgrown keep what was in them from the garbage collector for long, and those would be all turns.
   */
  readonly #sessions = new Map<string, SessionTurns>();
  readonly #keyed: KeyedTurns;
  /** The logs of the turns that ended last, as a ring. */
  readonly #recent: ReplayLog[] = [];
  #ended = 0;
  #events = 0;
  #bytes = 0;
  #sweep: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#keyed = new KeyedTurns(options.idempotencySeconds);
    const note = (events: number, bytes: number) => this.#note(events, bytes);
    this.#limits = { maxEvents: options.maxReplayEvents, maxBytes: options.maxReplayBytes, note };
  }

  /** Begins the only turn that the session runs. */
  begin(names: TurnNames): LiveTurn {
    const { sessionId } = names;
    const turn = new LiveTurn(names, this.#limits);
    let session = this.#sessions.get(sessionId);
    if (session === undefined) {
      session = new SessionTurns();
      this.#sessions.set(sessionId, session);
    }
    session.running = turn;
    return turn;
  }

  /**
   * Keeps a turn that has ended for those that come back, or forgets it if nobody knows of it. One that `isAnswer` is kept for
   * those who ask the same again.
   */
  end(turn: LiveTurn, { isKnown, isAnswer }: { isKnown: boolean; isAnswer: boolean }): void {
    const { sessionId, log } = turn;
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    session.running = undefined;
    // A turn store keeps those for all, and for as long as it is told to.
    const isKept = isKnown && isAnswer && this.#options.turnStore === undefined;
    if (isKept) this.#keyed.add(turn);
    if (!isKnown || isKept || this.#options.replaySeconds === 0) {
      if (!isKept) log.clear();
      if (session.ended === undefined) this.#sessions.delete(sessionId);
      return;
    }
    session.ended?.log.clear();
    session.ended = turn;
    this.#packEarlier(log);
    session.endedAt = performance.now();
    this.#sessions.delete(sessionId);
    this.#sessions.set(sessionId, session);
    this.#scheduleSweep();
  }

  findRunning(sessionId: string): LiveTurn | undefined {
    return this.#sessions.get(sessionId)?.running;
  }

  /** A turn that runs or is still kept. Whoever may use one session hears no other one. */
  find(sessionId: string, turnId: string): LiveTurn | undefined {
    const { running, ended } = this.#sessions.get(sessionId) ?? {};
    const found = [running, ended].find((turn) => turn?.id === turnId);
    return found ?? this.#keyed.find(sessionId, turnId);
  }

  /** The turn that a key stands for, running or ended. */
  findByKey(sessionId: string, key: string): LiveTurn | undefined {
    const running = this.findRunning(sessionId);
    return running?.idempotency?.key === key ? running : this.#keyed.findByKey(sessionId, key);
  }

  /** Packs the log of the turn that ended so many turns ago, if it is still kept. */
  #packEarlier(log: ReplayLog): void {
    this.#recent[this.#ended % recentTurns]?.pack();
    this.#recent[this.#ended % recentTurns] = log;
    this.#ended++;
  }

  #forgetEnded(sessionId: string, session: SessionTurns): void {
    session.ended?.log.clear();
    session.ended = undefined;
    if (session.running === undefined) this.#sessions.delete(sessionId);
  }

  #note(events: number, bytes: number): void {
    this.#events += events;
    this.#bytes += bytes;
    if (events > 0) while (this.#isOver) if (!this.#makeRoom()) return;
  }

  get #isOver(): boolean {
    const { maxTotalReplayEvents, maxTotalReplayBytes } = this.#options;
    return this.#events > maxTotalReplayEvents || this.#bytes > maxTotalReplayBytes;
  }

  /** Drops what is missed least. False if nothing is left to drop. */
  #makeRoom(): boolean {
    const oldest = this.#findOldest();
    if (oldest !== undefined) {
      this.#forgetEnded(...oldest);
      return true;
    }
    if (this.#keyed.forgetOldest()) return true;
    const largest = this.#findLargest();
    largest?.log.dropOldest();
    return largest !== undefined;
  }

  #findOldest(): [sessionId: string, session: SessionTurns] | undefined {
    for (const entry of this.#sessions) if (entry[1].ended !== undefined) return entry;
    return undefined;
  }

  #findLargest(): LiveTurn | undefined {
    const hasTooManyEvents = this.#events > this.#options.maxTotalReplayEvents;
    let largest: LiveTurn | undefined;
    let most = 0;
    for (const { running } of this.#sessions.values()) {
      const size = (hasTooManyEvents ? running?.log.size : running?.log.bytes) ?? 0;
      if (size <= most) continue;
      largest = running;
      most = size;
    }
    return largest;
  }

  #scheduleSweep(): void {
    if (this.#sweep !== undefined) return;
    const oldest = this.#findOldest();
    if (oldest === undefined) return;
    const dueMs = oldest[1].endedAt + this.#options.replaySeconds * 1_000 - performance.now();
    this.#sweep = setIdleTimer(() => this.#forgetOld(), dueMs);
  }

  #forgetOld(): void {
    this.#sweep = undefined;
    const limit = performance.now() - this.#options.replaySeconds * 1_000;
    for (const [sessionId, session] of this.#sessions) {
      if (session.ended === undefined) continue;
      if (session.endedAt > limit) break;
      this.#forgetEnded(sessionId, session);
    }
    this.#scheduleSweep();
  }
}
