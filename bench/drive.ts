import type { TurnServer } from './servers/start-turn-server.js';
import { TurnClient, type TurnTimes } from './turn-client.js';

export const roundMs = 500;

/** The turns that began in one round, and how many of them ended in it. Those that end later take longer with a slow server. */
export async function drive({ port }: TurnServer, sessions: number) {
  const turns: TurnTimes[] = [];
  let inTime = 0;
  const clients = Array.from({ length: sessions }, () => new TurnClient(port, crypto.randomUUID()));
  // Node accepts one connection between two rounds of work: while others are busy, a new one waits for long, whoever serves it.
  for (const client of clients) await client.runTurn();
  const until = performance.now() + roundMs;
  const run = async (client: TurnClient) => {
    while (performance.now() < until) {
      turns.push(await client.runTurn());
      if (performance.now() <= until) inTime++;
    }
    client.close();
  };
  await Promise.all(clients.map(run));
  return { turns, inTime };
}
