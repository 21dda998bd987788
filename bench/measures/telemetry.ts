import { ratioOf, summarizeAll } from '../alternate.js';
import { limitProcesses, limitRounds } from '../quick.js';
import type { Comparison, MeasureResult } from '../results.js';
import { startTurnServer } from '../servers/start-turn-server.js';
import { compareAt } from './server.js';

const without = 'ours';
const [idle, traced] = ['with openTelemetry()', 'with a provider'];
const sessions = 32;
/** As in the measure of the server: processes of one build differ. */
const processes = limitProcesses(3);
const warmUpRounds = limitRounds(5);
const rounds = limitRounds(9);

/** What telemetry takes of a server: nothing that can be measured, as long as nobody gets it. */
export async function measureTelemetry(): Promise<MeasureResult> {
  let found: Awaited<ReturnType<typeof compareAt>> | undefined;
  for (let index = 0; index < processes; index++) {
    const servers = await Promise.all([without, idle, traced].map((name) => startTurnServer(name)));
    await compareAt(sessions, servers, warmUpRounds);
    found = await compareAt(sessions, servers, rounds, found);
    for (const server of servers) server.stop();
  }
  const rate = found?.rate ?? {};
  const compare = (name: string, label: string, target?: Comparison['target']): Comparison => ({
    label,
    values: summarizeAll(rate),
    ratio: ratioOf(rate, name, without),
    ...(target && { target }),
  });
  return {
    title: 'The server with telemetry',
    about: `The turns of the measure of the server, with ${sessions} sessions: without the option \`telemetry\`; with \`openTelemetry()\` and no provider registered, so that nobody would get a span; and with a provider of the SDK that samples all and exports nothing, which makes two spans a turn. Each server is a process of its own, ${processes} of each one after another.`,
    tables: [
      {
        title: 'Throughput',
        unit: 'turns a second',
        ratioOf: 'with telemetry / without',
        comparisons: [
          compare(idle, 'no provider', { atLeast: 0.97 }),
          compare(traced, 'a provider that exports nothing'),
        ],
      },
    ],
  };
}
