import { isRecord } from '../domain/values/objects.js';

/** What Lambda says of one call of the function. */
export interface LambdaContext {
  readonly awsRequestId?: string;
  getRemainingTimeInMillis?(): number;
}

/** The stream that an answer is written to: what Lambda gives, or what keeps an answer to hand it over whole. */
export interface AnswerStream {
  write(text: string): boolean;
  end(): void;
  on(event: 'drain' | 'finish' | 'close' | 'error', listener: () => void): unknown;
}

/** What the head of an answer says. */
export interface AnswerHead {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
}

type StreamingHandler = (event: unknown, stream: LambdaStream, context: LambdaContext) => Promise<void>;

/** The stream of Lambda itself. What is not HTTP has no head, and only a type. */
interface LambdaStream extends AnswerStream {
  setContentType(type: string): void;
}

/** What Lambda defines in its own processes. */
interface LambdaRuntime {
  streamifyResponse<Handler extends StreamingHandler>(handler: Handler): Handler;
  readonly HttpResponseStream: { from(stream: LambdaStream, head: AnswerHead): AnswerStream };
}

/** What Lambda has defined for functions that stream, if this process is one of its own. */
export function findLambdaRuntime(): LambdaRuntime | undefined {
  const runtime: unknown = Reflect.get(globalThis, 'awslambda');
  return isRuntime(runtime) ? runtime : undefined;
}

function isRuntime(value: unknown): value is LambdaRuntime {
  return isRecord(value) && 'HttpResponseStream' in value && typeof value.streamifyResponse === 'function';
}
