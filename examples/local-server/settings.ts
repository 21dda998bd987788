import { StartupError } from './startup-error.js';

/** What the environment says; a variable that is empty counts as not set. */
export interface Settings {
  readonly port: number;
  readonly store: 'memory' | 'table' | 'redis' | 'embedded';
  readonly tableName: string;
  readonly redisUrl: string;
  readonly dataDir: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws StartupError for a value that means nothing. */
export function readSettings(env: Environment): Settings {
  const { AGENT_STORE: store, AGENT_STATE_TABLE: table, REDIS_URL: redisUrl, DATA_DIR: dataDir } = env;
  if (store && store !== 'memory') {
    throw new StartupError(`AGENT_STORE is "${store}"; it can be "memory" or be left out.`);
  }
  if (!store && table && redisUrl) {
    throw new StartupError('AGENT_STATE_TABLE and REDIS_URL are both set; leave one out.');
  }
  return {
    port: readPort(env.PORT),
    store: store ? 'memory' : table ? 'table' : redisUrl ? 'redis' : 'embedded',
    tableName: table || 'agent-state',
    redisUrl: redisUrl || '',
    dataDir: dataDir || '.data',
  };
}

function readPort(text: string | undefined): number {
  if (!text) return 8080;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new StartupError(`PORT is "${text}"; it must be a number from 0 to 65535.`);
}

/** @throws StartupError on a Node that this package does not run on. */
export function requireNode(version: string): void {
  if (Number.parseInt(version, 10) >= 20) return;
  throw new StartupError(`This is Node ${version}; install 20 or later.`);
}
