// Calls the handler of a Lambda function in a file, as Lambda does behind a function URL that streams: prints the answer.
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

// What Lambda defines in its own processes.
globalThis.awslambda = {
  streamifyResponse: (handle) => handle,
  HttpResponseStream: { from: (stream) => stream },
};

const [, , file, sessionId, body] = process.argv;
const { handler } = await import(pathToFileURL(file).href);
const stream = new PassThrough();
const answer = text(stream);
const event = {
  version: '2.0',
  rawPath: '/invocations',
  rawQueryString: '',
  headers: { 'x-amzn-bedrock-agentcore-runtime-session-id': sessionId },
  requestContext: { http: { method: 'POST' }, domainName: 'example.lambda-url.us-east-1.on.aws' },
  body,
  isBase64Encoded: false,
};
await handler(event, stream, {});
console.log(await answer);
