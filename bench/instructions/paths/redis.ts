import { RedisAgentStore } from '../../../dist/adapters/redis/index.js';
import { createPlainState } from '../../states.js';
import { createInProcessRedis } from '../in-process-redis.js';
import { saveAndLoad } from '../save-and-load.js';

const state = createPlainState(2_000);

export const ours = () => {
  const client = createInProcessRedis();
  return saveAndLoad(new RedisAgentStore({ agentId: 'bench', client, compression: 'off' }), state);
};

export const byHand = () => {
  const client = createInProcessRedis();
  return async () => {
    await client.set('session', JSON.stringify(state));
    return JSON.parse((await client.get('session')) ?? '');
  };
};
