/** What the doctor has found out about one thing. */
export interface Finding {
  readonly check: string;
  /** A `problem` keeps the store from working; a `warning` does not; what was `skipped` is not known. */
  readonly result: 'ok' | 'warning' | 'problem' | 'skipped';
  /** What is so, and what to do about it if there is something to do. */
  readonly says: string;
}

export function ok(check: string, says: string): Finding {
  return { check, result: 'ok', says };
}

export function warning(check: string, says: string): Finding {
  return { check, result: 'warning', says };
}

export function problem(check: string, says: string): Finding {
  return { check, result: 'problem', says };
}

export function skipped(check: string, says: string): Finding {
  return { check, result: 'skipped', says };
}
