import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** When the last answer came, by the clock of the server and by this one, in milliseconds. */
export interface ServerTime {
  host: string;
  server: number | undefined;
  here: number;
}

/** Notes what each answer to a client says of the time. An answer that refuses the request does so as well. */
export function watchServerTime(client: DynamoDBClient): ServerTime {
  const time: ServerTime = { host: '', server: undefined, here: 0 };
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { request } = args;
      const date = readDate(result.response);
      if (date !== undefined) Object.assign(time, { server: date, here: Date.now() });
      time.host = String(Reflect.get(Object(request), 'hostname'));
      return result;
    },
    // Next to the wire: before the answer is read, and what it refuses is thrown.
    { step: 'deserialize', priority: 'low', name: 'watchServerTime' },
  );
  return time;
}

function readDate(response: unknown): number | undefined {
  const headers: unknown = Reflect.get(Object(response), 'headers');
  const date: unknown = Reflect.get(Object(headers), 'date');
  return typeof date === 'string' ? Date.parse(date) : undefined;
}
