import { isError } from '../../domain/values/built-in.js';
import { isRecord } from '../../domain/values/objects.js';

type Handler<Args, Output> = (args: Args) => Promise<Output>;

/** A command of the SDK, as far as it matters here. */
interface Command {
  readonly middlewareStack: {
    add(
      middleware: <Args, Output>(next: Handler<Args, Output>, context: object) => Handler<Args, Output>,
      options: { readonly step: 'initialize'; readonly priority: 'low' },
    ): void;
  };
}

/**
 * The same command, whose item is kept from the logger of the client: a session is in it.
 *
 * It also saves time: the SDK copies what it would log, an item value by value, even if the client has no logger.
 * https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/logging-sdk-calls.html
 */
export function hideItem<Any extends Command>(command: Any): Any {
  // Closer to the request than the middleware that logs.
  command.middlewareStack.add(hideFromLogger, { step: 'initialize', priority: 'low' });
  return command;
}

function hideFromLogger<Args, Output>(next: Handler<Args, Output>, context: object): Handler<Args, Output> {
  Object.assign(context, logFilters);
  return (args) => next(args).catch(hideOnError);
}

/** What the middleware that logs takes from the context of a request. */
const logFilters = { inputFilterSensitiveLog: withoutItem, outputFilterSensitiveLog: withoutItem };

function withoutItem(message: unknown): unknown {
  if (!isRecord(message)) return message;
  const { Item, ...others } = message;
  return others;
}

/** A failed condition has the item on its error. Loggers show what is enumerable. */
function hideOnError(error: unknown): never {
  if (isError(error) && Object.hasOwn(error, 'Item'))
    Object.defineProperty(error, 'Item', { enumerable: false });
  throw error;
}
