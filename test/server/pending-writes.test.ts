import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { queryObjects } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { NodeExchange } from '../../src/server/http/node-exchange.js';
import { NodeWriter } from '../../src/server/http/node-writer.js';
import { WaitingBudget } from '../../src/server/http/waiting-budget.js';
import { KeepAlives } from '../../src/server/turn/keep-alives.js';
import { TurnStream } from '../../src/server/turn/turn-stream.js';

/** What waits for the end of the tick is kept in memory, with its turn and those of all other sessions that have one in the same tick. */
const countKept = (Class: typeof NodeWriter | typeof TurnStream) => queryObjects(Class, { format: 'count' });

function createExchange() {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  return { exchange: new NodeExchange(request, response), response };
}

function createStream() {
  const { exchange } = createExchange();
  const budget = new WaitingBudget(1_000);
  return new TurnStream({
    ...{ exchange, sessionId: 'session', turnId: 'turn', keepAlives: new KeepAlives(15), budget },
    onGone: () => undefined,
  });
}

describe('an answer that is over in its first tick', () => {
  it('leaves no write for later', () => {
    const writeAll = (ends: boolean) => {
      const budget = new WaitingBudget(1_000);
      const writer = new NodeWriter(createExchange().response, {}, budget, () => undefined);
      writer.write('all of it');
      if (ends) writer.end();
    };
    const before = countKept(NodeWriter);
    writeAll(true);
    expect(countKept(NodeWriter)).toBe(before);
    writeAll(false);
    expect(countKept(NodeWriter)).toBe(before + 1);
  });

  it('is not opened later', () => {
    const start = (closes: boolean) => {
      const stream = createStream();
      stream.start();
      if (closes) stream.close();
      // An agent may start when its caller has left.
      if (closes) stream.start();
    };
    const before = countKept(TurnStream);
    start(true);
    expect(countKept(TurnStream)).toBe(before);
    start(false);
    expect(countKept(TurnStream)).toBe(before + 1);
  });
});

it('has been silent for as long as it is there, before anything is written', () => {
  const before = performance.now();
  expect(createStream().writtenAt).toBeGreaterThanOrEqual(before);
});
