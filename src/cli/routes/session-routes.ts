import { buildCommand, buildRouteMap } from '@stricli/core';
import {
  commonFlags,
  parseCount,
  parseDuration,
  parseSeconds,
  sessionParameter,
  urlParameter,
  withExamples,
  yesFlag,
} from './parameters.js';

const url = "'dynamodb://us-east-1/agent-state?agentId=support'";
const ofSession = { kind: 'tuple', parameters: [urlParameter, sessionParameter] } as const;

const list = buildCommand({
  loader: async () => (await import('../commands/sessions-list.js')).listSessions,
  parameters: {
    flags: {
      ...commonFlags,
      limit: { kind: 'parsed', parse: parseCount, brief: 'At most so many', optional: true },
    },
    positional: { kind: 'tuple', parameters: [urlParameter] },
  },
  docs: withExamples(
    'Lists the sessions of an agent',
    'All of them unless there is a limit, those left out that have expired.',
    `sessions list ${url}`,
    `sessions list ${url} --json | jq -r '.sessions[].contextId'`,
  ),
});

const show = buildCommand({
  loader: async () => (await import('../commands/sessions-show.js')).showSession,
  parameters: { flags: commonFlags, positional: ofSession },
  docs: withExamples(
    'Shows the state of a session',
    'Changes nothing, also not what a running agent may save. With --json, the whole state.',
    `sessions show ${url} session-1`,
  ),
});

const messages = buildCommand({
  loader: async () => (await import('../commands/sessions-messages.js')).printMessages,
  parameters: {
    flags: {
      ...commonFlags,
      limit: { kind: 'parsed', parse: parseCount, brief: 'At most so many, the newest', optional: true },
    },
    positional: ofSession,
  },
  docs: withExamples(
    'Prints what was said in a session',
    'All messages, the oldest first, or with --limit the newest of them.',
    `sessions messages ${url} session-1 --limit 20`,
  ),
});

const watch = buildCommand({
  loader: async () => (await import('../commands/sessions-watch.js')).watchSession,
  parameters: {
    flags: {
      ...commonFlags,
      interval: {
        kind: 'parsed',
        parse: parseSeconds,
        brief: 'How many seconds lie between two looks',
        default: '1',
      },
    },
    positional: ofSession,
  },
  docs: withExamples(
    'Prints each change of a session as it happens',
    'And the events of its turns, if their servers have a turnStore. It ends with Ctrl-C.',
    `sessions watch ${url} session-1`,
  ),
});

const remove = buildCommand({
  loader: async () => (await import('../commands/sessions-delete.js')).deleteSession,
  parameters: { flags: { ...commonFlags, yes: yesFlag }, positional: ofSession },
  docs: withExamples(
    'Removes the state and the conversation of a session',
    'The session begins anew with its next turn. Its owner stays, and so do the events of its last turns until they expire: "erase" removes them too.',
    `sessions delete ${url} session-1 --yes`,
  ),
});

const erase = buildCommand({
  loader: async () => (await import('../commands/sessions-erase.js')).erase,
  parameters: {
    flags: {
      ...commonFlags,
      yes: yesFlag,
      verify: {
        kind: 'boolean',
        brief: 'Removes nothing, and fails if something is there',
        default: false,
        withNegated: false,
      },
    },
    positional: ofSession,
  },
  docs: withExamples(
    'Removes everything that is kept of a session',
    'Stops its turn, and removes the state, the conversation, what turns have said, idempotency keys and the owner; whoever has loaded it before is refused from then on. If it was interrupted, run it again.',
    `sessions erase ${url} session-1 --yes`,
    `sessions erase ${url} session-1 --verify`,
  ),
});

const exportCommand = buildCommand({
  loader: async () => (await import('../commands/sessions-export.js')).exportToFile,
  parameters: {
    flags: {
      ...commonFlags,
      file: { kind: 'parsed', parse: String, brief: 'A new file in place of stdout', optional: true },
    },
    positional: ofSession,
  },
  docs: withExamples(
    'Prints all that can be carried of a session, as JSON',
    'State, conversation and owner, of one moment, for "import".',
    `sessions export ${url} session-1 --file session-1.json`,
  ),
});

const importCommand = buildCommand({
  loader: async () => (await import('../commands/sessions-import.js')).importFromFile,
  parameters: {
    flags: {
      ...commonFlags,
      overwrite: {
        kind: 'boolean',
        brief: 'Replaces all of a session that is there',
        default: false,
        withNegated: false,
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [
        urlParameter,
        { brief: 'What "export" has written; - reads stdin', placeholder: 'FILE', parse: String },
      ],
    },
  },
  docs: withExamples(
    'Makes a session of what "export" has written',
    'Under the id that it had, for the agent of the URL. A session that is there stays, unless --overwrite is given.',
    `sessions import ${url} session-1.json`,
  ),
});

const copy = buildCommand({
  loader: async () => (await import('../commands/sessions-copy.js')).copyAll,
  parameters: {
    flags: {
      ...commonFlags,
      from: { kind: 'parsed', parse: String, brief: 'The URL of the store to copy from', placeholder: 'URL' },
      to: { kind: 'parsed', parse: String, brief: 'The URL of the store to copy to', placeholder: 'URL' },
    },
  },
  docs: withExamples(
    'Copies all sessions of an agent to another store',
    'They stay where they are. What is there already is not copied again, so that a copy that was interrupted goes on when it is run again; a session that was active later there stays as it is.',
    "sessions copy --from 'redis://localhost:6379?agentId=support' --to 'dynamodb://us-east-1/agent-state?agentId=support'",
  ),
});

const prune = buildCommand({
  loader: async () => (await import('../commands/sessions-prune.js')).prune,
  parameters: {
    flags: {
      ...commonFlags,
      yes: yesFlag,
      olderThan: {
        kind: 'parsed',
        parse: parseDuration,
        brief: 'How long they have not been active: 90d, 12h, 30m or 60s',
        placeholder: 'time',
      },
    },
    positional: { kind: 'tuple', parameters: [urlParameter] },
  },
  docs: withExamples(
    'Erases sessions that have not been active for a time',
    'And what killed writes have left behind. It only says what it would do, unless --yes is given.',
    `sessions prune ${url} --older-than 90d`,
    `sessions prune ${url} --older-than 90d --yes --json`,
  ),
});

const routes = {
  list,
  show,
  messages,
  watch,
  delete: remove,
  erase,
  export: exportCommand,
  import: importCommand,
  copy,
  prune,
};

export const sessionRoutes = buildRouteMap({
  routes,
  docs: { brief: 'Lists, reads, moves and removes sessions' },
});
