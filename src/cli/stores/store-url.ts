import { wrongUsage } from '../failures.js';

/** The key options, which say how ids become keys, and the expiry of what is written. */
interface StoreParameters {
  readonly agentId: string;
  readonly prefixes: Partial<Record<PrefixName, string>>;
  readonly ttlSeconds?: number;
  readonly messageTtlSeconds?: number;
  readonly maxStateBytes?: number;
}

export interface DynamoDBUrl extends StoreParameters {
  readonly kind: 'dynamodb';
  readonly tableName: string;
  /** Absent if the environment or the profile is to say. */
  readonly region?: string;
  readonly endpoint?: string;
  readonly attributeNames: Partial<Record<AttributeOption, string>>;
}

export interface RedisUrl extends StoreParameters {
  readonly kind: 'redis';
  /** The server with its user, its password and its database. */
  readonly server: URL;
  readonly isCluster: boolean;
  readonly keyPrefix?: string;
}

export interface MemoryUrl extends StoreParameters {
  readonly kind: 'memory';
  readonly name: string;
}

export type StoreUrl = DynamoDBUrl | RedisUrl | MemoryUrl;

const prefixNames = [
  'agentKeyPrefix',
  'contextKeyPrefix',
  'messageKeyPrefix',
  'partKeyPrefix',
  'leaseKeyPrefix',
  'eventKeyPrefix',
  'requestKeyPrefix',
  'ownerKeyPrefix',
] as const;

const numberNames = ['ttlSeconds', 'messageTtlSeconds', 'maxStateBytes'] as const;
const attributeOptions = ['partitionKeyName', 'sortKeyName', 'ttlAttributeName'] as const;
const commonNames: readonly string[] = ['agentId', ...prefixNames, ...numberNames];

type PrefixName = (typeof prefixNames)[number];
type AttributeOption = (typeof attributeOptions)[number];

const forms =
  'dynamodb://<region>/<table>?agentId=<id>, redis://<host>:<port>/<database>?agentId=<id> or memory:';

/**
 * Reads the URL of a store.
 *
 * @param agentId - Whose sessions are meant if the URL does not say so. @defaultValue the URL has to say so
 * @throws AgentStoreError `CONFIGURATION`, without the URL in its message: it may have a password in it.
 */
export function parseStoreUrl(text: string, agentId?: string): StoreUrl {
  if (!URL.canParse(text)) throw wrongUsage(`The URL of a store must be ${forms}.`);
  const url = new URL(text);
  switch (url.protocol) {
    case 'dynamodb:':
      return parseDynamoDB(url, agentId);
    case 'redis:':
    case 'rediss:':
      return parseRedis(url, agentId);
    case 'memory:':
      return { kind: 'memory', name: url.pathname, ...readCommon(url, [], agentId ?? 'demo') };
  }
  throw wrongUsage(`There are no stores at ${url.protocol} URLs: the URL must be ${forms}.`);
}

function parseDynamoDB(url: URL, agentId: string | undefined): DynamoDBUrl {
  const parameters = readCommon(url, [...attributeOptions, 'endpoint'], agentId);
  if (url.username !== '' || url.password !== '')
    throw wrongUsage(
      'Credentials of AWS do not belong in the URL: they come from the environment or a profile.',
    );
  const path = url.pathname.slice(1);
  const tableName = isDecodable(path) ? decodeURIComponent(path) : '';
  if (!/^(?:[\w.-]{3,255}|arn:\S+)$/.test(tableName))
    throw wrongUsage('The URL names no table: it must be dynamodb://<region>/<table>?agentId=<id>.');
  if (!/^[a-z0-9-]*$/.test(url.host))
    throw wrongUsage('What is before the table in the URL is no region of AWS.');
  const endpoint = url.searchParams.get('endpoint');
  if (endpoint !== null && !isHttp(endpoint))
    throw wrongUsage('The "endpoint" in the URL must be a URL that starts with http:// or https://.');
  return {
    kind: 'dynamodb',
    tableName,
    ...(url.host !== '' && { region: url.host }),
    ...(endpoint !== null && { endpoint }),
    attributeNames: pick(url, attributeOptions),
    ...parameters,
  };
}

function parseRedis(url: URL, agentId: string | undefined): RedisUrl {
  const parameters = readCommon(url, ['cluster', 'keyPrefix'], agentId);
  if (url.hostname === '' || !/^\/?\d*$/.test(url.pathname))
    throw wrongUsage('The URL must be redis://<host>:<port>/<number of the database>?agentId=<id>.');
  const cluster = url.searchParams.get('cluster') ?? 'false';
  if (cluster !== 'true' && cluster !== 'false')
    throw wrongUsage('The "cluster" in the URL must be true or false.');
  const keyPrefix = url.searchParams.get('keyPrefix');
  if (!isDecodable(url.username) || !isDecodable(url.password))
    throw wrongUsage('A % in the user or the password of the URL must be written as %25.');
  const server = new URL(url);
  // The client would take what is left of them for options of its own.
  server.search = '';
  return {
    kind: 'redis',
    server,
    isCluster: cluster === 'true',
    ...(keyPrefix !== null && { keyPrefix }),
    ...parameters,
  };
}

function readCommon(url: URL, others: readonly string[], defaultId: string | undefined): StoreParameters {
  const known = [...commonNames, ...others];
  const names = [...url.searchParams.keys()];
  for (const name of names) {
    if (!known.includes(name))
      throw wrongUsage(`"${name}" in the URL is not known; known are ${known.join(', ')}.`);
    if (names.indexOf(name) !== names.lastIndexOf(name)) throw wrongUsage(`"${name}" is in the URL twice.`);
  }
  const agentId = url.searchParams.get('agentId') ?? defaultId;
  if (!agentId) throw wrongUsage('The URL does not say whose sessions are meant: add ?agentId=<id> to it.');
  const numbers = Object.entries(pick(url, numberNames)).map(([name, value]) => {
    if (!/^[1-9]\d{0,14}$/.test(value))
      throw wrongUsage(`"${name}" in the URL must be a whole number above 0.`);
    return [name, Number(value)] as const;
  });
  return { agentId, prefixes: pick(url, prefixNames), ...Object.fromEntries(numbers) };
}

function pick<Name extends string>(url: URL, names: readonly Name[]): Partial<Record<Name, string>> {
  const picked: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = url.searchParams.get(name);
    if (value !== null) picked[name] = value;
  }
  return picked;
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    // The caller says so, without the text.
    return false;
  }
}
