/** In the place of the model of the example: the mock of the AI SDK, which says what the test wants. */
import { MockLanguageModelV4 } from 'ai/test';
import { readScript } from './read-script.ts';

type Answer = Awaited<ReturnType<MockLanguageModelV4['doStream']>>;
type Chunk = Answer['stream'] extends ReadableStream<infer Each> ? Each : never;

const tokens = { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 };
const usage = { inputTokens: tokens, outputTokens: { total: 1, text: 1, reasoning: 0 } };

async function* answer(prompt: unknown): AsyncGenerator<Chunk, void> {
  let unified: 'stop' | 'tool-calls' = 'stop';
  yield { type: 'stream-start', warnings: [] };
  yield { type: 'text-start', id: 'text' };
  for await (const { text, order } of readScript(prompt)) {
    if (text !== undefined) {
      yield { type: 'text-delta', id: 'text', delta: text };
      continue;
    }
    unified = 'tool-calls';
    yield { type: 'text-end', id: 'text' };
    yield { type: 'tool-call', toolCallId: 'call', toolName: 'refund', input: JSON.stringify({ order }) };
  }
  if (unified === 'stop') yield { type: 'text-end', id: 'text' };
  yield { type: 'finish', finishReason: { unified, raw: unified }, usage };
}

export const model = new MockLanguageModelV4({
  doStream: async ({ prompt }) => ({ stream: toStream(answer(prompt)) }),
});

function toStream(chunks: AsyncGenerator<Chunk, void>): ReadableStream<Chunk> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}
