import { createServer } from 'node:http2';
import { EventStreamCodec } from '@smithy/core/event-streams';
import type { Wire } from './scripted-model.js';

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes)),
  (text) => new TextEncoder().encode(text),
);

/** How Amazon Bedrock sends an answer: in frames of its own, over HTTP/2. */
export const eventStream: Wire = {
  contentType: 'application/vnd.amazon.eventstream',
  createServer: () => createServer(),
  async *encode(parts) {
    let stopReason = 'end_turn';
    let contentBlockIndex = 0;
    yield event('messageStart', { role: 'assistant' });
    for await (const part of parts) {
      if (!('order' in part)) {
        yield event('contentBlockDelta', { contentBlockIndex, delta: { text: part.text } });
        continue;
      }
      stopReason = 'tool_use';
      yield event('contentBlockStop', { contentBlockIndex });
      contentBlockIndex += 1;
      yield event('contentBlockStart', {
        contentBlockIndex,
        start: { toolUse: { toolUseId: 'call', name: 'refund' } },
      });
      // In pieces, as it comes from a real model.
      const input = JSON.stringify({ order: part.order });
      for (const piece of [input.slice(0, 5), input.slice(5)])
        yield event('contentBlockDelta', { contentBlockIndex, delta: { toolUse: { input: piece } } });
    }
    yield event('contentBlockStop', { contentBlockIndex });
    yield event('messageStop', { stopReason });
    yield event('metadata', {
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
      metrics: { latencyMs: 1 },
    });
  },
};

function event(type: string, body: object): Uint8Array {
  const text = (value: string) => ({ type: 'string' as const, value });
  return codec.encode({
    headers: {
      ':message-type': text('event'),
      ':event-type': text(type),
      ':content-type': text('application/json'),
    },
    body: new TextEncoder().encode(JSON.stringify(body)),
  });
}
