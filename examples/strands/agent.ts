/** An agent whose turns are run by Strands Agents, and ask before they pay money back. */
import { type AgentContext, createAgent, type MessageStore } from '@looopy-ai/aws';
import { Agent, InvokeModelStage, Message, type Model, tool } from '@strands-agents/sdk';
import { z } from 'zod';

export interface SupportOptions {
  readonly model: Model;
  readonly messageStore: MessageStore;
  /** Pays an order back: once, however often it is called with the same key. */
  refund(order: string, key: string): Promise<string>;
}

export function createSupportAgent({ model, messageStore, refund }: SupportOptions) {
  return (contextId: string, { agentStore }: AgentContext) =>
    createAgent({
      agentId: 'support',
      contextId,
      agentStore,
      messageStore,
      async *turn({ history, ask, step, signal }) {
        const messages = (await history()).flatMap(({ role, content }) =>
          role === 'user' || role === 'assistant' ? { role, content: [{ text: content }] } : [],
        );
        const refundTool = tool({
          name: 'refund',
          description: 'Pays an order back.',
          inputSchema: z.object({ order: z.string() }),
          callback: async ({ order }) => {
            const answer = await ask({ prompt: `May I pay order ${order} back?`, options: ['yes', 'no'] });
            if (answer === 'no') throw new Error('The user said no.');
            return step('refund', ({ key }) => refund(order, key));
          },
        });
        // One tool after the other: each run has to take the same way.
        const agent = new Agent({ model, tools: [refundTool], toolExecutor: 'sequential', printer: false });
        // What the model says is a step: on a later run, Strands is given the same, and the model is not called.
        // biome-ignore lint/correctness/useYield: what it has to say, the step says.
        agent.addMiddleware(InvokeModelStage, async function* (context, next) {
          const said = await step('model', async function* () {
            const call = next(context);
            for (;;) {
              const { done, value } = await call.next();
              if (done) return { ...value.result, message: value.result.message.toJSON() };
              if (value.type !== 'modelStreamUpdateEvent') continue;
              const { event } = value;
              if (event.type !== 'modelContentBlockDeltaEvent') continue;
              if (event.delta.type === 'textDelta') yield event.delta.text;
            }
          });
          return { result: { ...said, message: Message.fromMessageData(said.message) } };
        });
        for await (const event of agent.stream(messages, { cancelSignal: signal })) {
          if (event.type !== 'toolResultEvent') continue;
          const { toolUseId: toolCallId, status } = event.result;
          yield { kind: 'tool-complete', toolCallId, success: status === 'success' };
        }
      },
    });
}
