import { AgentStoreError } from '../domain/errors.js';
import { isRecord } from '../domain/values/objects.js';
import { type HeaderFields, readRawHeaders, refuseJoined } from '../server/http/header-fields.js';
import { readQuery } from '../server/http/query.js';
import { readPath } from '../server/http/request-path.js';
import { sessionIdHeader } from '../server/invocation/request-head.js';

/** What an event asks for. */
export interface LambdaRequest {
  /** False for the body of an invocation as it is, whose answer has no head. */
  readonly isHttp: boolean;
  readonly method: string;
  readonly path: string;
  readonly fields: HeaderFields;
  readonly query: HeaderFields;
  readBody(): Uint8Array;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads an event: of a function URL or an HTTP API (version 2.0 of the format), of a REST API (version 1.0), or the body of an
 * invocation as it is.
 *
 * @throws AgentStoreError `CONFIGURATION` for anything else: what calls the function then is something that no agent can answer.
 */
export function readEvent(event: unknown): LambdaRequest {
  if (!isRecord(event)) throw unknownEvent();
  const { requestContext } = event;
  if (requestContext === undefined) return readInvocation(event);
  if (!isRecord(requestContext)) throw unknownEvent();
  if (event.version === '2.0') return readVersion2(event, requestContext);
  return readVersion1(event, requestContext);
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads */
function readVersion2(event: Fields, { http, stage }: Fields): LambdaRequest {
  const { headers = {}, cookies = [], rawPath, rawQueryString = '' } = event;
  if (!isRecord(http) || !isTexts(headers) || !Array.isArray(cookies)) throw unknownEvent();
  const cookie = cookies.length > 0 && { cookie: cookies.join('; ') };
  return {
    isHttp: true,
    method: requireText(http.method),
    path: withoutStage(requireText(rawPath), stage),
    fields: refuseJoined({ ...readRawHeaders(Object.entries(headers).flat()).values, ...cookie }),
    query: readQuery(`?${requireText(rawQueryString)}`),
    readBody: toBody(event),
  };
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format */
function readVersion1(event: Fields, { stage }: Fields): LambdaRequest {
  const { resource, multiValueHeaders, multiValueQueryStringParameters } = event;
  // Without a resource it is the event of a load balancer, which means other things by the same names.
  const path = readResource(requireText(resource), event.pathParameters);
  return {
    isHttp: true,
    method: requireText(event.httpMethod),
    path: path === undefined ? withoutStage(requireText(event.path), stage) : readPath(path),
    fields: readRawHeaders(toPairs(multiValueHeaders ?? event.headers)),
    query: readRawHeaders(toPairs(multiValueQueryStringParameters ?? event.queryStringParameters)),
    readBody: toBody(event),
  };
}

/** A payload of `Invoke` or `InvokeWithResponseStream` that is what `POST /invocations` takes, with the session beside it. */
function readInvocation({ sessionId, ...body }: Fields): LambdaRequest {
  const names = ['type', 'prompt', 'inputs', 'credentials'];
  const hasSession = typeof sessionId === 'string' || sessionId === undefined;
  if (!hasSession || !names.some((name) => Object.hasOwn(body, name))) throw unknownEvent();
  return {
    isHttp: false,
    method: 'POST',
    path: '/invocations',
    fields: { values: sessionId === undefined ? {} : { [sessionIdHeader.toLowerCase()]: sessionId } },
    query: { values: {} },
    readBody: () => Buffer.from(JSON.stringify(body)),
  };
}

/** The path below the base path of a domain, which is in the path of the event and not in the resource. */
function readResource(resource: string, parameters: unknown): string | undefined {
  if (!resource.startsWith('/')) return undefined;
  const values = isRecord(parameters) ? parameters : {};
  return resource.replace(/\{(.+?)\+?\}/g, (_, name: string) => requireText(values[name]));
}

/** API Gateway has the stage in front of the path, unless it is the default. */
function withoutStage(path: string, stage: unknown): string {
  const hasStage = typeof stage === 'string' && path.startsWith(`/${stage}/`);
  return readPath(hasStage ? path.slice(stage.length + 1) : path);
}

function toBody({ body, isBase64Encoded }: Fields): () => Uint8Array {
  const text = requireText(body ?? '');
  return () => Buffer.from(text, isBase64Encoded === true ? 'base64' : 'utf8');
}

/** The names and values of a map, in which a name may have a list of them. */
function toPairs(map: unknown): string[] {
  if (map === undefined || map === null) return [];
  if (!isRecord(map)) throw unknownEvent();
  return Object.entries(map).flatMap(([name, values]) =>
    (Array.isArray(values) ? values : [values]).flatMap((value) => [name, requireText(value)]),
  );
}

function isTexts(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((each) => typeof each === 'string');
}

function requireText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw unknownEvent();
}

function unknownEvent(): AgentStoreError {
  const message =
    'The function was called with an event that it does not understand. It understands those of a function URL and of API Gateway (REST and HTTP APIs), and the body of POST /invocations with a "sessionId" beside it.';
  return new AgentStoreError('CONFIGURATION', message);
}
