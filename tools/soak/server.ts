/** One server process of the soak: see main.ts. */
import { setTimeout as wait } from 'node:timers/promises';
import { serve } from '../../src/server/serve.js';
import { type Disturb, openStores } from './backends.js';
import { SoakAgent } from './soak-agent.js';

const [url = '', breakage = ''] = process.argv.slice(2);
/** How many of a hundred requests fail before they are sent, and how many whose answer is lost. */
let faultPercent = 0.5;

const disturb: Disturb = async (send) => {
  const dice = Math.random() * 100;
  if (dice < faultPercent) throw new Error('The store has failed, as the soak wants it.');
  if (Math.random() < 0.05) await wait(Math.random() * 50);
  const result = await send();
  if (dice < 2 * faultPercent) throw new Error('The answer is lost, as the soak wants it.');
  return result;
};

const { agentStore, messageStore, turnStore } = openStores(url, disturb);
const server = await serve({
  agentStore,
  agent: async (contextId, context) => new SoakAgent(contextId, context.agentStore, messageStore),
  ...(breakage !== 'no-turn-store' && { turnStore }),
  port: 0,
  hostname: '127.0.0.1',
  logger: { info() {}, warn() {}, error() {} },
  handleCrashes: false,
});

process.on('unhandledRejection', (error) => {
  process.send?.({ unhandled: String(error) });
});
process.on('message', (message) => {
  if (message === 'calm') faultPercent = 0;
  if (message !== 'memory') return;
  globalThis.gc?.();
  process.send?.({ heapMB: process.memoryUsage().heapUsed / 2 ** 20 });
});
process.send?.({ port: server.port });
