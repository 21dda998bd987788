import { StartupError } from './startup-error.js';

/** What the environment says; a variable that is empty counts as not set. */
export interface Settings {
  readonly port: number;
  readonly store: 'memory' | 'table' | 'embedded';
  readonly tableName: string;
  readonly dataDir: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws StartupError for a value that means nothing. */
export function readSettings(env: Environment): Settings {
  const { AGENT_STORE: store, AGENT_STATE_TABLE: table, DATA_DIR: dataDir } = env;
  if (store && store !== 'memory') {
    throw new StartupError(`AGENT_STORE is "${store}"; it can be "memory" or be left out.`);
  }
  return {
    port: readPort(env.PORT),
    store: store ? 'memory' : table ? 'table' : 'embedded',
    tableName: table || 'agent-state',
    dataDir: dataDir || '.data',
  };
}

function readPort(text: string | undefined): number {
  if (!text) return 8080;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new StartupError(`PORT is "${text}"; it must be a number from 0 to 65535.`);
}
