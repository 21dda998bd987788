import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { FunctionAnswer, RuntimeApi } from './runtime-api.js';

/** What Lambda takes of a request. */
const maxPayloadBytes = 6_291_556;

export interface FunctionUrl {
  readonly http: Server;
  readonly port: number;
}

/** The URL of a function, with the invoke mode `RESPONSE_STREAM`, or `BUFFERED` if the function does not stream. */
export async function startFunctionUrl(api: RuntimeApi): Promise<FunctionUrl> {
  const http = createServer({ maxHeaderSize: 128 * 1024 }, (request, response) => {
    answer(api, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return { http, port: (http.address() as AddressInfo).port };
}

async function answer(api: RuntimeApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const event = toEvent(request, await buffer(request));
  if (JSON.stringify(event).length > maxPayloadBytes) {
    response
      .writeHead(413)
      .end('{"Message":"Request must be smaller than 6291556 bytes for the InvokeFunction operation"}');
    return;
  }
  const { head, rest } = await readHead(await api.invoke(event));
  // Lambda leaves a connection to the function alone when the caller leaves.
  response.on('error', () => {});
  response.writeHead(head.statusCode, head.headers);
  response.flushHeaders();
  for await (const chunk of rest) {
    if (!response.write(chunk) && !response.destroyed) {
      await new Promise<void>((resolve) => response.once('drain', resolve).once('close', resolve));
    }
  }
  response.end();
}

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads */
function toEvent(request: IncomingMessage, body: Buffer): object {
  const { method, url = '/', headers } = request;
  const [rawPath = '/', rawQueryString = ''] = url.split(/\?(.*)/s);
  const { cookie, ...others } = headers;
  const joined: [string, string][] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index]?.toLowerCase() ?? '';
    if (!(name in others)) continue;
    const earlier = joined.find(([known]) => known === name);
    const value = request.rawHeaders[index + 1] ?? '';
    if (earlier === undefined) joined.push([name, value]);
    else earlier[1] += `,${value}`;
  }
  const isText = /^(text\/|application\/(json|javascript|xml))/.test(headers['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    headers: Object.fromEntries(joined),
    requestContext: {
      accountId: 'anonymous',
      apiId: 'example',
      domainName: 'example.lambda-url.us-east-1.on.aws',
      domainPrefix: 'example',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: '00000000-0000-4000-8000-000000000000',
      routeKey: '$default',
      stage: '$default',
      time: '29/Nov/2026:00:00:00 +0000',
      timeEpoch: 1_795_910_400_000,
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: !isText && body.length > 0,
  };
}

interface Answer {
  readonly head: { readonly statusCode: number; readonly headers: Record<string, string> };
  readonly rest: AsyncIterable<Buffer>;
}

/** The head of an answer, and what comes after it. A failure of the function is 502. */
export async function readHead({ isStreaming, body, hasFailed }: FunctionAnswer): Promise<Answer> {
  if (!isStreaming) {
    const whole = await buffer(body);
    if (hasFailed) return { head: { statusCode: 502, headers: {} }, rest: once(whole) };
    const { statusCode, headers, body: text } = JSON.parse(whole.toString());
    return { head: { statusCode, headers }, rest: once(Buffer.from(text)) };
  }
  const chunks: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  let end = -1;
  while (end === -1) {
    const { value, done } = await chunks.next();
    if (done === true) return { head: { statusCode: 502, headers: {} }, rest: once(start) };
    start = Buffer.concat([start, value]);
    end = start.indexOf(Buffer.alloc(8));
  }
  const rest = async function* () {
    if (start.length > end + 8) yield start.subarray(end + 8);
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
    if (body.trailers['lambda-runtime-function-error-type'] !== undefined)
      throw new Error('The function has failed in the middle of its answer.');
  };
  return { head: JSON.parse(start.subarray(0, end).toString()), rest: rest() };
}

async function* once(chunk: Buffer): AsyncGenerator<Buffer> {
  yield chunk;
}
