/** An agent whose turns call a model with the Vercel AI SDK, and ask before they pay money back. */
import { type AgentContext, createAgent, type MessageStore } from '@looopy-ai/aws';
import { type LanguageModel, type ModelMessage, streamText, type ToolModelMessage, tool } from 'ai';
import { z } from 'zod';

export interface SupportOptions {
  readonly model: LanguageModel;
  readonly messageStore: MessageStore;
  /** Pays an order back: once, however often it is called with the same key. */
  refund(order: string, key: string): Promise<string>;
}

// Without `execute`, the SDK leaves the call to the turn, which can wait for the user as long as it takes.
const tools = {
  refund: tool({ description: 'Pays an order back.', inputSchema: z.object({ order: z.string() }) }),
};

export function createSupportAgent({ model, messageStore, refund }: SupportOptions) {
  return (contextId: string, { agentStore }: AgentContext) =>
    createAgent({
      agentId: 'support',
      contextId,
      agentStore,
      messageStore,
      async *turn({ history, ask, step }) {
        const messages: ModelMessage[] = (await history()).flatMap(({ role, content }) =>
          role === 'user' || role === 'assistant' ? { role, content } : [],
        );
        for (;;) {
          const { said, calls } = await step('model', async function* ({ signal }) {
            const calls: { id: string; order: string }[] = [];
            const result = streamText({ model, messages, tools, abortSignal: signal, onError() {} });
            for await (const part of result.stream) {
              if (part.type === 'error') throw part.error;
              if (part.type === 'text-delta') yield part.text;
              // One that does not fit the schema is `dynamic`, and answered by the SDK itself.
              if (part.type === 'tool-call' && !part.dynamic)
                calls.push({ id: part.toolCallId, order: part.input.order });
            }
            return { said: await result.responseMessages, calls };
          });
          messages.push(...said);
          if (calls.length === 0 && said.at(-1)?.role !== 'tool') return;
          const content: ToolModelMessage['content'] = [];
          for (const { id: toolCallId, order } of calls) {
            const prompt = `May I pay order ${order} back?`;
            const isApproved = (await ask({ prompt, options: ['yes', 'no'] })) === 'yes';
            const output = isApproved
              ? { type: 'text' as const, value: await step('refund', ({ key }) => refund(order, key)) }
              : { type: 'execution-denied' as const };
            content.push({ type: 'tool-result', toolCallId, toolName: 'refund', output });
            yield { kind: 'tool-complete', toolCallId, success: isApproved };
          }
          if (content.length > 0) messages.push({ role: 'tool', content });
        }
      },
    });
}
