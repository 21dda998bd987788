/** The headers of a request, and which of them cannot be trusted. */
export interface HeaderFields {
  /** By their names in lower case. Those that are lists are joined. */
  readonly values: Readonly<Record<string, string>>;
  /** The name of a header that has one value, but was sent with several: nobody can know which of them counts. */
  readonly ambiguous?: string;
}

/** Ids and tokens, which hold no comma. */
const tokens = [
  'x-amzn-bedrock-agentcore-runtime-session-id',
  'x-amzn-bedrock-agentcore-runtime-user-id',
  'x-amzn-bedrock-agentcore-runtime-request-id',
  'x-amzn-requestid',
  'x-amz-bedrock-agentcore-identity-wat',
  'workloadaccesstoken',
  'traceparent',
  'x-api-key',
];
const singleValued = new Set([
  ...tokens,
  'authorization',
  'content-type',
  'host',
  'idempotency-key',
  'last-event-id',
  'oauth2callbackurl',
  'proxy-authorization',
]);

/** Reads the names and values of a request to Node, which by itself would keep only the first of some. */
export function readRawHeaders(rawHeaders: readonly string[]): HeaderFields {
  const values: Record<string, string> = {};
  let ambiguous: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    const value = rawHeaders[index + 1] ?? '';
    const earlier = Object.hasOwn(values, name) ? values[name] : undefined;
    if (earlier === undefined) values[name] = value;
    else if (!singleValued.has(name)) values[name] = `${earlier}${name === 'cookie' ? '; ' : ', '}${value}`;
    else if (earlier !== value) ambiguous = name;
  }
  return ambiguous === undefined ? { values } : { values, ambiguous };
}

/** Reads Web standard headers, in which all values of one name are joined already. */
export function readWebHeaders(headers: Headers): HeaderFields {
  return refuseJoined(Object.fromEntries(headers));
}

/** Finds the header whose values were joined although it has one. The names are in lower case. */
export function refuseJoined(values: HeaderFields['values']): HeaderFields {
  const isJoined = (name: string) => values[name]?.includes(',') === true;
  const isOneToken = /^(bearer|basic) /i.test(values.authorization ?? '');
  const ambiguous = tokens.find(isJoined) ?? ['authorization'].find((name) => isOneToken && isJoined(name));
  return ambiguous === undefined ? { values } : { values, ambiguous };
}
