/** Says what comes next in a conversation, message by message, and tells of each that is stored: see killed.test.ts. */
import { RedisMessageStore } from '../../src/adapters/redis/index.js';
import type { Message } from '../../src/domain/message-store.js';
import { toMessage, turnLength } from './numbered-messages.js';

const [url = '', turns = '0'] = process.argv.slice(2);
const store = new RedisMessageStore({ agentId: 'agent', url });
const tell = (number: number) => new Promise((told) => process.send?.(number, undefined, {}, told));

async function talk(): Promise<void> {
  const stored = await store.getCount('session');
  for (let number = stored; number < Number(turns) * turnLength; number++) {
    const said: Message[] = [toMessage(number)];
    await store.append('session', said);
    await tell(number);
  }
  await store.close();
  process.disconnect();
}

void talk();
