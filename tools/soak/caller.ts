import { setTimeout as wait } from 'node:timers/promises';
import type { Fleet } from './fleet.js';
import type { HeardEvent, Ledger, Outcome } from './ledger.js';

const sessionHeader = 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id';
/** How long nothing may be heard of a turn until it counts as stuck: several times what a lease takes. */
const patienceMs = 60_000;

export interface Prompt {
  readonly session: string;
  readonly id: string;
  readonly text: string;
  /** Without it, a caller that loses its connection before the first event cannot know what became of the turn. */
  readonly key?: string;
}

/** After how many events a caller leaves, and comes back to any server. */
export type Leaving = () => number;

/** Asks for a turn, and hears it to its end, over as many connections as it takes. */
export async function call(fleet: Fleet, ledger: Ledger, prompt: Prompt, leaves: Leaving): Promise<Outcome> {
  const { session, text, key } = prompt;
  const deadline = Date.now() + patienceMs;
  let turn: string | undefined;
  let last = 0;
  while (Date.now() < deadline) {
    const body = turn === undefined ? { prompt: text } : { type: 'attach', lastEventId: `${turn}:${last}` };
    try {
      const response = await fetch(fleet.pick(), {
        method: 'POST',
        headers: { [sessionHeader]: session, ...(key !== undefined && { 'Idempotency-Key': `"${key}"` }) },
        body: JSON.stringify(body),
      });
      if (response.status === 204) return 'unknown';
      if (response.status !== 200) {
        const failure = await response.text();
        if (response.status === 409 && failure.includes('TURN_RUNNING')) {
          const seconds = Number(response.headers.get('retry-after'));
          if (!(seconds > 0)) ledger.note(`${session}: 409 without Retry-After`);
          await wait(Math.random() * seconds * 1_000);
          continue;
        }
        if (turn === undefined && key === undefined) return 'refused';
        await wait(100);
        continue;
      }
      const leaveAfter = leaves();
      let heard = 0;
      for await (const event of readEvents(response)) {
        ledger.hear(event, turn === undefined ? 0 : last);
        ({ turn } = event);
        last = event.number;
        const outcome = toOutcome(event);
        if (outcome !== undefined) return outcome;
        if (++heard >= leaveAfter) break;
      }
    } catch {
      // The server was killed, or is not there any more.
      if (turn === undefined && key === undefined) return 'unknown';
      await wait(20);
    }
  }
  ledger.note(`${session} is stuck: nothing was heard of ${prompt.id}`);
  return 'unknown';
}

/** Has any server stop what the session runs, wherever that is. */
export async function cancel(fleet: Fleet, session: string): Promise<void> {
  try {
    await fetch(fleet.pick(), {
      method: 'POST',
      headers: { [sessionHeader]: session },
      body: JSON.stringify({ type: 'cancel' }),
    });
  } catch {
    // The server was killed.
  }
}

function toOutcome({ kind, data }: HeardEvent): Outcome | undefined {
  if (kind === 'task-complete') return 'complete';
  if (kind === 'task-status' && data.includes('"failed"')) return 'failed';
  if (kind !== 'error') return undefined;
  if (data.includes('"CANCELLED"')) return 'cancelled';
  return data.includes('"INTERRUPTED"') ? 'interrupted' : 'failed';
}

async function* readEvents(response: Response): AsyncGenerator<HeardEvent> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    const blocks = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
      );
      const [turn = '', number = '0'] = (fields.get('id') ?? '').split(':');
      yield { turn, number: Number(number), kind: fields.get('event') ?? '', data: fields.get('data') ?? '' };
    }
  }
}
