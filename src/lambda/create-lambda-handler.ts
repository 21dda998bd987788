import { pino } from 'pino';
import { invalidOption } from '../domain/options.js';
import { AgentServer } from '../server/agent-server.js';
import { answerError, HttpError } from '../server/failures/http-error.js';
import { createLogger } from '../server/logger.js';
import { within } from '../server/process/timing.js';
import { BufferedAnswer, type BufferedResult } from './buffered-answer.js';
import { type LambdaConfig, resolveLambdaConfig } from './lambda-config.js';
import { LambdaExchange } from './lambda-exchange.js';
import { type AnswerHead, type AnswerStream, findLambdaRuntime, type LambdaContext } from './platform.js';
import { readEvent } from './read-event.js';

/**
 * What Lambda calls: with the event, its stream and its context if it streams, and with the event and its context if not.
 *
 * @example
 * const handler: LambdaHandler = createLambdaHandler({ agent: async (contextId) => new MyAgent(contextId) });
 */
export type LambdaHandler = LambdaFunction['call'];

/** As a method, whose parameters the compiler lets be narrower. */
interface LambdaFunction {
  call(event: unknown, ...streamAndContext: unknown[]): Promise<unknown>;
}

/** How long the log may take to be written. */
const flushSeconds = 1;

/**
 * The handler of a Lambda function that serves agents: what `serve` answers, to a function URL, API Gateway, or whoever calls
 * `InvokeWithResponseStream` or `Invoke`. It returns when the answer was taken and all tracked work has ended, for Lambda then
 * freezes the process.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
 * @throws AgentStoreError `CONFIGURATION` for an option that cannot work, is not known, or has no place on Lambda.
 * @example
 * // In the module that Lambda loads: export it.
 * const handler = createLambdaHandler({
 *   agentStore,
 *   agent: async (contextId, { agentStore }) => new Agent({ agentId: 'support', contextId, agentStore }),
 * });
 */
export function createLambdaHandler<AuthContext = unknown>(config: LambdaConfig<AuthContext>): LambdaHandler {
  const door = new LambdaDoor(config);
  const runtime = findLambdaRuntime();
  if (config.streaming === true && runtime === undefined)
    throw invalidOption('streaming', 'needs the stream of Lambda, which is not defined in this process');
  if (config.streaming === false || runtime === undefined) {
    // Two parameters: Lambda takes a handler with a third one for one that wants a callback.
    return async (event: unknown, context: LambdaContext): Promise<BufferedResult> => {
      const answer = new BufferedAnswer();
      await door.answer(event, context, (head) => answer.begin(head));
      return answer.result;
    };
  }
  return runtime.streamifyResponse(async (event, stream, context) => {
    await door.answer(event, context, (head, isHttp) => {
      if (isHttp) return runtime.HttpResponseStream.from(stream, head);
      stream.setContentType(head.headers['content-type'] ?? 'text/plain');
      return stream;
    });
  });
}

/** The server behind the handler. */
class LambdaDoor {
  readonly #server: AgentServer;
  readonly #reserveSeconds: number;

  constructor(config: LambdaConfig) {
    const { app, reserveSeconds } = resolveLambdaConfig(config);
    this.#server = new AgentServer({ ...app, logger: app.logger ?? createLogger(pino) });
    this.#reserveSeconds = reserveSeconds;
  }

  /** Answers one call. Resolves when nothing is left to do that must not be frozen. */
  async answer(
    event: unknown,
    context: LambdaContext,
    begin: (head: AnswerHead, isHttp: boolean) => AnswerStream,
  ): Promise<void> {
    const request = readEvent(event);
    const totalSeconds = (context?.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY) / 1_000;
    const reserveSeconds = Math.min(this.#reserveSeconds, totalSeconds / 4);
    const exchange = new LambdaExchange(request, {
      requestId: context?.awsRequestId,
      secondsLeft: totalSeconds - reserveSeconds,
      begin: (head) => begin(head, request.isHttp),
    });
    // Half of the reserve is for the turn to stop, and half for what comes after.
    const isOver = await within(totalSeconds - reserveSeconds / 2, this.#serve(exchange));
    if (!isOver) {
      exchange.leave(() =>
        answerError(exchange, new HttpError('TIMED_OUT', 'The function has no time left.')),
      );
      const fields = { method: exchange.method, path: exchange.path };
      this.#server.logger.error(fields, 'The function had no time left, and what still ran is frozen.');
      await exchange.finished;
    }
    await this.#beforeFreeze();
    exchange.throwIfCutOff();
  }

  async #serve(exchange: LambdaExchange): Promise<void> {
    await this.#server.handle(exchange);
    await exchange.finished;
    await this.#server.idle();
  }

  /** Hands over what is kept in the process: Lambda may freeze it when the handler returns, and never thaw it. */
  async #beforeFreeze(): Promise<void> {
    const { logger, telemetry } = this.#server;
    const written = new Promise<unknown>((resolve) => logger.flush(resolve));
    await Promise.all([within(flushSeconds, written), telemetry?.flush()]);
  }
}
