/** What a caller has heard last: the turn, and the number of the event in it. Numbers begin with 1. */
export interface EventId {
  readonly turn: string;
  readonly number: number;
}

/** As a number: all events of the turn, however many there are. */
export const allEvents = Number.MAX_SAFE_INTEGER;

const form = /^([\w-]{1,64}):(\d{1,16})$/;

/** What the id of each event of a turn begins with. The number of the event follows. */
export function eventIdStart(turn: string): string {
  return `${turn}:`;
}

/** `undefined` if the text is none that an event could have. */
export function parseEventId(text: string): EventId | undefined {
  const [, turn, digits] = form.exec(text) ?? [];
  const number = Number(digits);
  return turn !== undefined && number <= allEvents ? { turn, number } : undefined;
}
