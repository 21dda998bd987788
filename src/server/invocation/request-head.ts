import { createId } from '../../domain/create-id.js';
import { badRequest } from '../failures/http-error.js';
import type { Exchange } from '../http/exchange.js';
import type { HeaderFields } from '../http/header-fields.js';

export const sessionIdHeader = 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id';

/** The headers that a part of the context is taken from, the first that is there, and how long its value may be. */
interface Source {
  readonly names: readonly string[];
  readonly longest: number;
}

const sources = {
  sessionId: { names: [sessionIdHeader.toLowerCase()], longest: 16_384 },
  requestId: { names: ['x-amzn-requestid', 'x-amzn-bedrock-agentcore-runtime-request-id'], longest: 256 },
  identityToken: { names: ['x-amz-bedrock-agentcore-identity-wat', 'workloadaccesstoken'], longest: 131_072 },
  oauthCallbackUrl: { names: ['oauth2callbackurl'], longest: 8_192 },
  userId: { names: ['x-amzn-bedrock-agentcore-runtime-user-id'], longest: 1_024 },
  traceparent: { names: ['traceparent'], longest: 128 },
  tracestate: { names: ['tracestate'], longest: 512 },
  baggage: { names: ['baggage'], longest: 8_192 },
};

const knownNames = new Set(Object.values(sources).flatMap(({ names }) => names));

/** What a header can hold, as the answer names the session in one. */
const headerText = /^[\t -~\x80-\xff]*$/;

/** What the headers say. */
export interface RequestHead {
  /** The caller may have named no session. */
  readonly sessionId: string | undefined;
  readonly requestId: string;
  readonly identityToken: string | undefined;
  readonly oauthCallbackUrl: string | undefined;
  readonly userId: string | undefined;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly baggage: string | undefined;
  /** All of them. */
  readonly headers: Exchange['headers'];
}

/** Reads the headers, and the session id from the query too. @throws HttpError `BAD_REQUEST` if one is out of range. */
export function readHead({ headers, ambiguous, query }: Exchange, strictSessionIds: boolean): RequestHead {
  if (ambiguous !== undefined) throw badRequest(`The header ${ambiguous} must be sent once, with one value.`);
  const sessionId = readSessionId(readPart(headers, sources.sessionId), query);
  if (sessionId !== undefined && !headerText.test(sessionId)) {
    throw badRequest('The session id has characters that no header can hold: the answer has it in one.');
  }
  if (strictSessionIds && sessionId !== undefined && (sessionId.length < 33 || sessionId.length > 256)) {
    throw badRequest(`The header ${sessionIdHeader} must have 33 to 256 characters.`);
  }
  return {
    sessionId,
    requestId: readPart(headers, sources.requestId) ?? createId(),
    identityToken: readPart(headers, sources.identityToken),
    oauthCallbackUrl: readPart(headers, sources.oauthCallbackUrl),
    userId: readPart(headers, sources.userId),
    traceparent: readPart(headers, sources.traceparent),
    tracestate: readPart(headers, sources.tracestate),
    baggage: readPart(headers, sources.baggage),
    headers,
  };
}

/** The headers of a request that its context has no place for. */
export function readOthers(headers: Exchange['headers']): Record<string, string> {
  const others: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !knownNames.has(name)) others[name] = value;
  }
  return others;
}

/** A caller that can set no header, such as `EventSource`, names its session in the query. */
function readSessionId(header: string | undefined, { values, ambiguous }: HeaderFields): string | undefined {
  const name = sessionIdHeader.toLowerCase();
  const parameter = values[name];
  if (parameter === undefined) return header;
  if (ambiguous === name || (header !== undefined && header !== parameter)) {
    throw badRequest(`The session must be named once: ${sessionIdHeader} has several values.`);
  }
  return inRange(parameter, name, sources.sessionId.longest);
}

function readPart(headers: Exchange['headers'], { names, longest }: Source): string | undefined {
  let part: string | undefined;
  for (const name of names) {
    const value = headers[name];
    if (value === undefined) continue;
    const checked = inRange(value, name, longest);
    part ??= checked;
  }
  return part;
}

function inRange(value: string, name: string, longest: number): string {
  if (value.length > 0 && value.length <= longest) return value;
  throw badRequest(`The header ${name} must have 1 to ${longest} characters.`);
}
