import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { getActiveResourcesInfo } from 'node:process';
import { describe, expect, it } from 'vitest';
import { NodeExchange } from '../../src/server/http/node-exchange.js';
import { NodeWriter } from '../../src/server/http/node-writer.js';
import { WaitingBudget } from '../../src/server/http/waiting-budget.js';
import { KeepAlives } from '../../src/server/turn/keep-alives.js';
import { TurnStream } from '../../src/server/turn/turn-stream.js';

/** What waits for the event loop keeps its turn in memory, and those of all other sessions that have their turn in the same tick. */
const countWaiting = () => getActiveResourcesInfo().filter((resource) => resource === 'Immediate').length;

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
    const before = countWaiting();
    const writer = new NodeWriter(createExchange().response, {}, new WaitingBudget(1_000), () => undefined);
    writer.write('all of it');
    expect(countWaiting()).toBe(before + 1);
    writer.end();
    expect(countWaiting()).toBe(before);
  });

  it('is not opened later', () => {
    const before = countWaiting();
    const stream = createStream();
    stream.start();
    expect(countWaiting()).toBe(before + 1);
    stream.close();
    expect(countWaiting()).toBe(before);
    // An agent may start when its caller has left.
    stream.start();
    expect(countWaiting()).toBe(before);
  });
});
