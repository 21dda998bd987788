import { badRequest } from '../failures/http-error.js';
import type { Exchange } from '../http/exchange.js';
import { createId } from '../process/ids.js';
import type { RequestContext } from '../request-context.js';

export const sessionIdHeader = 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id';

/** The headers that a part of the context is taken from, the first that is there, and how long its value may be. */
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

/** What the headers say. The caller may have named no session. */
export type RequestHead = Omit<RequestContext, 'sessionId'> & { readonly sessionId?: string };

/** Reads the headers. @throws HttpError `BAD_REQUEST` if one is out of range. */
export function readHead(headers: Exchange['headers'], strictSessionIds: boolean): RequestHead {
  const parts = readParts(headers);
  const { sessionId, requestId = createId() } = parts;
  if (strictSessionIds && sessionId !== undefined && (sessionId.length < 33 || sessionId.length > 256)) {
    throw badRequest(`The header ${sessionIdHeader} must have 33 to 256 characters.`);
  }
  return { ...parts, requestId, headers: readOthers(headers) };
}

function readParts(headers: Exchange['headers']): Partial<Record<keyof typeof sources, string>> {
  const parts: Partial<Record<string, string>> = {};
  for (const [part, { names, longest }] of Object.entries(sources)) {
    for (const name of names) {
      const value = headers[name];
      if (value === undefined) continue;
      if (value.length === 0 || value.length > longest) {
        throw badRequest(`The header ${name} must have 1 to ${longest} characters.`);
      }
      parts[part] ??= value;
    }
  }
  return parts;
}

function readOthers(headers: Exchange['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !knownNames.has(name)));
}
