import { buildCommand, buildRouteMap } from '@stricli/core';
import { commonFlags, sessionParameter, urlParameter, withExamples } from './parameters.js';

const list = buildCommand({
  loader: async () => (await import('../commands/turns-list.js')).listTurns,
  parameters: { flags: commonFlags, positional: { kind: 'tuple', parameters: [urlParameter] } },
  docs: withExamples(
    'Lists the turns that run now, in all processes',
    'Knows of the turns of servers that have a turnStore.',
    "turns list 'dynamodb://us-east-1/agent-state?agentId=support'",
  ),
});

const cancel = buildCommand({
  loader: async () => (await import('../commands/turns-cancel.js')).cancelTurn,
  parameters: {
    flags: commonFlags,
    positional: { kind: 'tuple', parameters: [urlParameter, sessionParameter] },
  },
  docs: withExamples(
    'Stops the turn of a session, wherever it runs',
    'Waits until the turn has stopped. If its process is gone, that is when its lease ends, seconds later.',
    "turns cancel 'dynamodb://us-east-1/agent-state?agentId=support' session-1",
  ),
});

export const turnRoutes = buildRouteMap({
  routes: { list, cancel },
  docs: { brief: 'Lists or cancels turns that run' },
});
