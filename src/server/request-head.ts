import { z } from 'zod';
import type { Exchange } from './exchange.js';
import { HttpError } from './http-error.js';
import { createId } from './ids.js';
import type { RequestContext } from './request-context.js';

export const sessionIdHeader = 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id';

/** Where each part of the context comes from: the first header of the list that is there, and its greatest length. */
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

const strictSessionId = z.string().min(33).max(256);

/** What the headers say, where the caller may have named no session. */
export type RequestHead = Omit<RequestContext, 'sessionId'> & { readonly sessionId?: string };

/** Reads the headers. @throws HttpError `BAD_REQUEST` where one is out of range. */
export function readHead(headers: Exchange['headers'], strictSessionIds: boolean): RequestHead {
  const parts = readParts(headers);
  const { sessionId, requestId = createId() } = parts;
  if (strictSessionIds && sessionId !== undefined && !strictSessionId.safeParse(sessionId).success) {
    throw new HttpError('BAD_REQUEST', `The header ${sessionIdHeader} must have 33 to 256 characters.`);
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
        throw new HttpError('BAD_REQUEST', `The header ${name} must have 1 to ${longest} characters.`);
      }
      parts[part] ??= value;
    }
  }
  return parts;
}

function readOthers(headers: Exchange['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !knownNames.has(name)));
}
