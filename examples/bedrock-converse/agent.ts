/** An agent whose turns call a model with the Converse API of Amazon Bedrock, and ask before they pay money back. */
import * as bedrock from '@aws-sdk/client-bedrock-runtime';
import { type AgentContext, createAgent, type MessageStore } from '../../src/index.js';

export interface SupportOptions {
  readonly client: bedrock.BedrockRuntimeClient;
  readonly modelId: string;
  readonly messageStore: MessageStore;
  /** Pays an order back: once, however often it is called with the same key. */
  refund(order: string, key: string): Promise<string>;
}

const json = { type: 'object', properties: { order: { type: 'string' } }, required: ['order'] };
const tools = [{ toolSpec: { name: 'refund', description: 'Pays an order back.', inputSchema: { json } } }];

export function createSupportAgent({ client, modelId, messageStore, refund }: SupportOptions) {
  return (contextId: string, { agentStore }: AgentContext) =>
    createAgent({
      agentId: 'support',
      contextId,
      agentStore,
      messageStore,
      async *turn({ history, ask, step }) {
        const messages: bedrock.Message[] = (await history()).flatMap(({ role, content }) =>
          role === 'user' || role === 'assistant' ? { role, content: [{ text: content }] } : [],
        );
        for (;;) {
          const { text, uses } = await step('model', async function* ({ signal: abortSignal }) {
            const command = new bedrock.ConverseStreamCommand({ modelId, messages, toolConfig: { tools } });
            const { stream = [] } = await client.send(command, { abortSignal });
            const said = { text: '', uses: [] as (bedrock.ToolUseBlockStart & { input: string })[] };
            for await (const { contentBlockStart, contentBlockDelta } of stream) {
              const start = contentBlockStart?.start?.toolUse;
              if (start !== undefined) said.uses.push({ ...start, input: '' });
              const { text = '', toolUse } = contentBlockDelta?.delta ?? {};
              said.text += text;
              yield text;
              for (const use of said.uses.slice(-1)) use.input += toolUse?.input ?? '';
            }
            return { ...said, uses: said.uses.map((use) => ({ ...use, input: JSON.parse(use.input) })) };
          });
          if (uses.length === 0) return;
          const content = [...(text === '' ? [] : [{ text }]), ...uses.map((toolUse) => ({ toolUse }))];
          const results: bedrock.ContentBlock[] = [];
          for (const { toolUseId, input } of uses) {
            const prompt = `May I pay order ${input.order} back?`;
            const isApproved = (await ask({ prompt, options: ['yes', 'no'] })) === 'yes';
            const done = isApproved && (await step('refund', ({ key }) => refund(input.order, key)));
            results.push({ toolResult: { toolUseId, content: [{ text: done || 'The user said no.' }] } });
            yield { kind: 'tool-complete', toolCallId: toolUseId, success: isApproved };
          }
          messages.push({ role: 'assistant', content }, { role: 'user', content: results });
        }
      },
    });
}
