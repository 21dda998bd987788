import { setTimeout as sleep } from 'node:timers/promises';
import type { LogItem } from '../../domain/turn-store.js';
import type { CliContext, CommonFlags } from '../context.js';
import { JsonList } from '../output/json-list.js';
import { toCell } from '../output/text.js';
import { openStores } from '../stores/open-stores.js';
import type { OpenStores } from '../stores/opened-stores.js';
import { parseStoreUrl } from '../stores/store-url.js';

export interface WatchFlags extends CommonFlags {
  readonly interval: number;
}

/** What is printed, one a line. */
type Sight =
  | {
      readonly kind: 'state';
      readonly status: string | null;
      readonly turns: number;
      readonly lastActive: string | null;
    }
  | {
      readonly kind: 'event';
      readonly turn: string;
      readonly number: number;
      readonly event: string;
      readonly data: string;
    }
  | { readonly kind: 'gap'; readonly turn: string; readonly from: number; readonly to: number };

export async function watchSession(
  this: CliContext,
  { json, interval }: WatchFlags,
  url: string,
  contextId: string,
): Promise<void> {
  const { io } = this;
  const stores = await openStores(parseStoreUrl(url), io);
  const list = new JsonList(io.stdout);
  const print = (sight: Sight) => (json ? list.add(sight) : void io.stdout.write(`${describe(sight)}\n`));
  try {
    for await (const sight of watch(stores, contextId, interval * 1_000, io.signal)) print(sight);
  } finally {
    if (json) list.end();
    await stores.close();
  }
}

async function* watch(
  { agentStore, turnStore }: OpenStores,
  contextId: string,
  intervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<Sight> {
  let seen = '';
  let followed: string | null = null;
  while (!signal.aborted) {
    const state = await agentStore.peek(contextId);
    const sight = {
      kind: 'state',
      status: state?.status ?? null,
      turns: state?.turnCount ?? 0,
      lastActive: state?.lastActivity.toISOString() ?? null,
    } as const;
    const text = JSON.stringify(sight);
    if (text !== seen) yield sight;
    seen = text;
    const turn = await turnStore.runningTurn(contextId);
    if (turn !== null && turn !== followed) {
      followed = turn;
      for await (const item of turnStore.read(contextId, turn, 0, signal)) yield toSight(turn, item);
    } else {
      // Rejects when it is aborted, which is how watching ends.
      await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

function toSight(turn: string, item: LogItem): Sight {
  if ('lost' in item) return { kind: 'gap', turn, ...item.lost };
  return { kind: 'event', turn, number: item.number, event: item.kind, data: item.data };
}

function describe(sight: Sight): string {
  switch (sight.kind) {
    case 'state':
      return sight.status === null
        ? 'state  none'
        : `state  ${toCell(sight.status)}, ${sight.turns} turns, last active ${sight.lastActive}`;
    case 'event':
      return `event  ${sight.number} ${toCell(sight.event)} ${toCell(sight.data)}`;
    case 'gap':
      return `event  ${sight.from} to ${sight.to} are no longer held`;
  }
}
