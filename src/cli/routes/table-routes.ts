import { buildCommand, buildRouteMap } from '@stricli/core';
import { commonFlags, urlParameter, withExamples } from './parameters.js';

const positional = { kind: 'tuple', parameters: [urlParameter] } as const;

const create = buildCommand({
  loader: async () => (await import('../commands/table-create.js')).createTable,
  parameters: { flags: commonFlags, positional },
  docs: withExamples(
    'Creates a DynamoDB table, with expiry',
    'Creates the table if it does not exist, with on-demand billing and expiry, and waits until it can be used. If it exists, its expiry is turned on and nothing else is changed.',
    "table create 'dynamodb://us-east-1/agent-state'",
    "table create 'dynamodb://us-east-1/app-data?partitionKeyName=PK&sortKeyName=SK'",
  ),
});

const check = buildCommand({
  loader: async () => (await import('../commands/table-check.js')).checkTable,
  parameters: { flags: commonFlags, positional },
  docs: withExamples(
    'Checks that a table has the right key and may be read',
    'Sends one GetItem: all that can be known with the permissions of an agent. "doctor" looks at more.',
    "table check 'dynamodb://us-east-1/agent-state'",
  ),
});

export const tableRoutes = buildRouteMap({
  routes: { create, check },
  docs: { brief: 'Creates or checks a DynamoDB table' },
});
