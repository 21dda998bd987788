import { describe, expect, it } from 'vitest';
import { readEvent } from '../../src/lambda/read-event.js';
import {
  foreign,
  functionUrl,
  functionUrlBinary,
  httpApi,
  httpApiVersion1,
  invocation,
  restApi,
  restApiResource,
} from './events.js';

const session = 'x-amzn-bedrock-agentcore-runtime-session-id';
const refusal = { code: 'CONFIGURATION', message: expect.stringContaining('that it does not understand') };

describe('an event', () => {
  it.each([
    ['of a function URL', functionUrl],
    ['of a function URL, in base64', functionUrlBinary],
    ['of an HTTP API', httpApi],
    ['of an HTTP API, version 1.0', httpApiVersion1],
    ['of a REST API with a proxy resource', restApi],
    ['of a REST API', restApiResource],
    ['that is an invocation', invocation],
  ])('%s asks for a turn', (_, event) => {
    const { method, path, fields, readBody } = readEvent(event);
    expect([method, path, fields.values[session]]).toEqual(['POST', '/invocations', 's']);
    expect(JSON.parse(Buffer.from(readBody()).toString())).toEqual({ prompt: 'hi' });
  });

  it.each([
    ['of a function URL', functionUrl, { a: '1, 2', b: 'c d' }, 'a,b'],
    ['of an HTTP API', httpApi, { a: '1, 2', b: 'c d' }, 'a,b'],
    ['of a REST API with a proxy resource', restApi, { a: '1, 2', b: 'c d' }, 'a, b'],
    ['of a REST API without lists', restApiResource, { a: '2', b: 'c d' }, 'b'],
  ])('%s has parameters, cookies and lists', (_, event, parameters, tags) => {
    const { query, fields } = readEvent(event);
    expect(query.values).toEqual(parameters);
    expect(fields.values).toMatchObject({ cookie: 'one=1; two=2', 'x-tags': tags });
  });

  it.each([
    ['/invocations', '/invocations'],
    ['/prod/invocations', '/invocations'],
    ['/prod/prod/invocations', '/prod/invocations'],
    ['/production/invocations', '/production/invocations'],
    ['/%70ing', '/ping'],
    ['/prod', '/prod'],
  ])('of an HTTP API has the path %s without its stage', (rawPath, path) => {
    expect(readEvent({ ...httpApi, rawPath }).path).toBe(path);
    expect(readEvent({ ...httpApiVersion1, path: rawPath }).path).toBe(path);
  });

  it.each([
    ['/invocations', null, '/invocations'],
    ['/prod/invocations', null, '/prod/invocations'],
    ['/{tenant}/{proxy+}', { tenant: 't', proxy: 'a/invocations' }, '/t/a/invocations'],
    ['/', null, '/'],
  ])('of a REST API has the path of its resource %s', (resource, pathParameters, path) => {
    expect(readEvent({ ...restApi, resource, pathParameters }).path).toBe(path);
  });

  it('without a body has an empty one', () => {
    for (const event of [functionUrl, restApi, httpApi]) {
      expect(readEvent({ ...event, body: null, isBase64Encoded: true }).readBody()).toHaveLength(0);
      expect(readEvent({ ...event, body: undefined }).readBody()).toHaveLength(0);
    }
  });

  it('without headers and parameters has none', () => {
    const bare = { multiValueHeaders: null, headers: null };
    const event = { ...restApi, ...bare, multiValueQueryStringParameters: null, queryStringParameters: null };
    expect(readEvent(event)).toMatchObject({ fields: { values: {} }, query: { values: {} } });
    const shortest = { version: '2.0', rawPath: '/ping', requestContext: { http: { method: 'GET' } } };
    expect(readEvent(shortest)).toMatchObject({ method: 'GET', path: '/ping', fields: { values: {} } });
  });

  it('with two sessions cannot be trusted, and with one twice can', () => {
    const ids = (...values: string[]) => ({ ...restApi, multiValueHeaders: { [session]: values } });
    expect(readEvent(ids('s', 't')).fields.ambiguous).toBe(session);
    expect(readEvent(ids('s', 's')).fields).toEqual({ values: { [session]: 's' } });
    const joined = { ...functionUrl, headers: { [session]: 's,t' } };
    expect(readEvent(joined).fields.ambiguous).toBe(session);
  });

  it('that is an invocation may name no session, and has nothing but its body', () => {
    expect(readEvent({ type: 'status' })).toMatchObject({ isHttp: false, fields: { values: {} } });
    expect(JSON.parse(Buffer.from(readEvent({ inputs: [] }).readBody()).toString())).toEqual({ inputs: [] });
  });
});

describe('an event that nobody here can answer', () => {
  const { requestContext } = functionUrl;
  it.each<[string, unknown]>([
    ...Object.entries(foreign),
    ['nothing', undefined],
    ['null', null],
    ['a text', 'hi'],
    ['a list', [functionUrl]],
    ['an invocation with a session that is no text', { sessionId: 1, prompt: 'hi' }],
    ['a session without an invocation', { sessionId: 's' }],
    ['a context that is no object', { ...functionUrl, requestContext: 'POST' }],
    ['no method', { ...functionUrl, requestContext: { ...requestContext, http: {} } }],
    ['no HTTP', { ...functionUrl, requestContext: { stage: 'prod' } }],
    ['headers that are no texts', { ...functionUrl, headers: { a: 1 } }],
    ['headers that are a list', { ...restApi, multiValueHeaders: ['a'] }],
    ['a header that is no text', { ...restApi, multiValueHeaders: { a: [1] } }],
    ['cookies that are no list', { ...functionUrl, cookies: 'a=1' }],
    ['a path that is no text', { ...functionUrl, rawPath: 1 }],
    ['a query that is no text', { ...functionUrl, rawQueryString: {} }],
    ['a body that is no text', { ...functionUrl, body: { prompt: 'hi' } }],
    ['a resource without its parameter', { ...restApi, pathParameters: null }],
  ])('is refused: %s', (_, event) => {
    expect(() => readEvent(event)).toThrow(expect.objectContaining(refusal));
  });
});
