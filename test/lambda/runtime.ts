/**
 * What the Node.js runtime of Lambda does in a function's process: `awslambda`, events from the runtime API, and answers to it.
 * test/package/lambda-runtime.test.ts runs the same functions on the real one.
 */
import { Agent, type ClientRequest, request } from 'node:http';

type Handler = (event: unknown, ...rest: unknown[]) => Promise<unknown>;
/** The stream of an answer, and what is written before all else. */
type ResponseStream = ClientRequest & { setContentType(type: string): void; beforeFirst?: () => void };

const streaming = new WeakSet<Handler>();

export const awslambda = {
  streamifyResponse(handler: Handler): Handler {
    streaming.add(handler);
    return handler;
  },
  HttpResponseStream: {
    from(stream: ResponseStream, head: object): ResponseStream {
      stream.setContentType('application/vnd.awslambda.http-integration-response');
      stream.beforeFirst = () => {
        stream.write(JSON.stringify(head));
        stream.write(new Uint8Array(8));
      };
      return stream;
    },
  },
};

interface Event {
  readonly event: unknown;
  readonly context: { readonly awsRequestId: string; getRemainingTimeInMillis(): number };
}

/** Calls the handler with one event after the other, until the runtime API is gone. */
export async function runFunction(address: string, handler: Handler): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = (method: string, path: string, headers: Record<string, string | string[]> = {}) =>
    request(`http://${address}/2018-06-01/runtime/invocation/${path}`, { method, headers, agent });
  try {
    for (;;) {
      const next = await read(send('GET', 'next').end());
      const deadline = Number(next.headers['lambda-runtime-deadline-ms']);
      const awsRequestId = String(next.headers['lambda-runtime-aws-request-id']);
      const context = { awsRequestId, getRemainingTimeInMillis: () => deadline - Date.now() };
      await (streaming.has(handler) ? stream : buffer)(
        { event: JSON.parse(next.text), context },
        handler,
        send,
      );
    }
  } catch (error) {
    if (!['ECONNRESET', 'ECONNREFUSED'].includes(Object(error).code)) throw error;
  } finally {
    agent.destroy();
  }
}

type Send = (method: string, path: string, headers?: Record<string, string | string[]>) => ClientRequest;

async function buffer({ event, context }: Event, handler: Handler, send: Send): Promise<void> {
  const path = (kind: string) => `${context.awsRequestId}/${kind}`;
  const headers = { 'content-type': 'application/json' };
  let result: unknown;
  try {
    result = await handler(event, context);
  } catch (error) {
    await read(send('POST', path('error'), headers).end(describe(error)));
    return;
  }
  await read(send('POST', path('response'), headers).end(JSON.stringify(result ?? null)));
}

async function stream({ event, context }: Event, handler: Handler, send: Send): Promise<void> {
  const answer = toResponseStream(
    send('POST', `${context.awsRequestId}/response`, {
      'Lambda-Runtime-Function-Response-Mode': 'streaming',
      Trailer: ['Lambda-Runtime-Function-Error-Type', 'Lambda-Runtime-Function-Error-Body'],
      'content-type': 'application/octet-stream',
      'transfer-encoding': 'chunked',
    }),
  );
  const taken = read(answer);
  taken.catch(() => {});
  try {
    await handler(event, answer, context);
    if (!answer.writableEnded) throw new Error('The handler has not ended its stream.');
  } catch (error) {
    answer.addTrailers({
      'Lambda-Runtime-Function-Error-Type': Object(error).name,
      'Lambda-Runtime-Function-Error-Body': Buffer.from(describe(error)).toString('base64'),
    });
    answer.end();
  }
  await taken;
}

function toResponseStream(answer: ClientRequest): ResponseStream {
  const write = answer.write.bind(answer);
  const whole: ResponseStream = Object.assign(answer, {
    setContentType: (type: string) => void answer.setHeader('content-type', type),
    write: (...parts: Parameters<typeof write>) => {
      const first = whole.beforeFirst;
      whole.beforeFirst = undefined;
      first?.();
      return write(...parts);
    },
  });
  return whole;
}

function describe(error: unknown): string {
  const { name, message } = Object(error);
  return JSON.stringify({ errorType: name, errorMessage: message });
}

function read(asked: ClientRequest): Promise<{ text: string; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    asked.on('error', reject);
    asked.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (data) => {
        text += data;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ text, headers: response.headers }));
    });
  });
}
