/** Events in the shapes that AWS documents, with one session asked for a turn. */
const body = '{"prompt":"hi"}';
const sessionHeader = 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id';

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads */
export const functionUrl = {
  version: '2.0',
  routeKey: '$default',
  rawPath: '/invocations',
  rawQueryString: 'a=1&a=2&b=c%20d',
  cookies: ['one=1', 'two=2'],
  headers: {
    'x-amzn-bedrock-agentcore-runtime-session-id': 's',
    'content-type': 'application/json',
    'content-length': '15',
    'x-tags': 'a,b',
    'x-forwarded-proto': 'https',
    'x-amzn-trace-id': 'Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e',
  },
  requestContext: {
    accountId: '123456789012',
    apiId: 'urlid',
    authentication: null,
    authorizer: {
      iam: {
        accessKey: 'AKIA...',
        accountId: '111122223333',
        callerId: 'AIDA...',
        cognitoIdentity: null,
        principalOrgId: null,
        userArn: 'arn:aws:iam::111122223333:user/example-user',
        userId: 'AIDA...',
      },
    },
    domainName: 'urlid.lambda-url.us-west-2.on.aws',
    domainPrefix: 'urlid',
    http: {
      method: 'POST',
      path: '/invocations',
      protocol: 'HTTP/1.1',
      sourceIp: '192.0.2.1',
      userAgent: 'agent',
    },
    requestId: 'e1506fd5-9e7b-434f-bd42-4f8fa224b599',
    routeKey: '$default',
    stage: '$default',
    time: '12/Mar/2026:19:03:58 +0000',
    timeEpoch: 1773342238000,
  },
  body,
  pathParameters: null,
  isBase64Encoded: false,
  stageVariables: null,
};

/** What a client that sends `application/octet-stream` makes of it, as the SDKs of AgentCore Runtime do. */
export const functionUrlBinary = {
  ...functionUrl,
  headers: { ...functionUrl.headers, 'content-type': 'application/octet-stream' },
  body: Buffer.from(body).toString('base64'),
  isBase64Encoded: true,
};

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, with a named stage. */
export const httpApi = {
  ...functionUrl,
  routeKey: 'POST /invocations',
  rawPath: '/prod/invocations',
  requestContext: {
    accountId: '123456789012',
    apiId: 'api-id',
    domainName: 'id.execute-api.us-east-1.amazonaws.com',
    domainPrefix: 'id',
    http: { ...functionUrl.requestContext.http, path: '/prod/invocations' },
    requestId: 'id',
    routeKey: 'POST /invocations',
    stage: 'prod',
    time: '12/Mar/2026:19:03:58 +0000',
    timeEpoch: 1773342238000,
  },
};

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html, on a domain with a base path. */
export const restApi = {
  resource: '/{proxy+}',
  path: '/agents/invocations',
  httpMethod: 'POST',
  headers: {
    Accept: '*/*',
    'Content-Type': 'application/json',
    Host: 'api.example.com',
    [sessionHeader]: 's',
    'X-Tags': 'b',
    Cookie: 'one=1; two=2',
    'X-Forwarded-Proto': 'https',
  },
  multiValueHeaders: {
    Accept: ['*/*'],
    'Content-Type': ['application/json'],
    Host: ['api.example.com'],
    [sessionHeader]: ['s'],
    'X-Tags': ['a', 'b'],
    Cookie: ['one=1; two=2'],
    'X-Forwarded-Proto': ['https'],
  },
  queryStringParameters: { a: '2', b: 'c d' },
  multiValueQueryStringParameters: { a: ['1', '2'], b: ['c d'] },
  pathParameters: { proxy: 'invocations' },
  stageVariables: null,
  requestContext: {
    resourceId: '2gxmpl',
    resourcePath: '/{proxy+}',
    httpMethod: 'POST',
    extendedRequestId: 'JJbxmplHYosFVYQ=',
    requestTime: '10/Mar/2026:00:03:59 +0000',
    path: '/agents/invocations',
    accountId: '123456789012',
    protocol: 'HTTP/1.1',
    stage: 'prod',
    domainPrefix: 'api',
    requestTimeEpoch: 1773100739000,
    requestId: '77375676-xmpl-4b79-853a-f982474efe18',
    identity: {
      cognitoIdentityPoolId: null,
      accountId: null,
      caller: null,
      sourceIp: '192.0.2.1',
      userArn: null,
      userAgent: 'agent',
      user: null,
    },
    domainName: 'api.example.com',
    apiId: '70ixmpl4fl',
  },
  body,
  isBase64Encoded: false,
};

/** The same, as an API of one resource has it, and without what its console leaves out of a test. */
export const restApiResource = {
  ...restApi,
  resource: '/invocations',
  path: '/invocations',
  pathParameters: null,
  multiValueHeaders: undefined,
  multiValueQueryStringParameters: undefined,
};

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, version 1.0. */
export const httpApiVersion1 = {
  ...restApi,
  version: '1.0',
  resource: '$default',
  path: '/prod/invocations',
  pathParameters: null,
};

/** What `Invoke` and `InvokeWithResponseStream` hand over as it is. */
export const invocation = { sessionId: 's', prompt: 'hi' };

/** Events of other services: a queue, a schedule, a load balancer, a test of the console. */
export const foreign = {
  'an event of a queue': { Records: [{ messageId: '059f36b4', body, eventSource: 'aws:sqs' }] },
  'an event of a schedule': { version: '0', id: '53dc4d37', 'detail-type': 'Scheduled Event', detail: {} },
  'an event of a load balancer': {
    requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/b' } },
    httpMethod: 'POST',
    path: '/invocations',
    queryStringParameters: {},
    headers: { host: 'example.com' },
    body,
    isBase64Encoded: false,
  },
  'an event of the console': { key1: 'value1', key2: 'value2', key3: 'value3' },
  'an event of a WebSocket': {
    requestContext: { routeKey: '$connect', eventType: 'CONNECT', stage: 'prod' },
  },
};
