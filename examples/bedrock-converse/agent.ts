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
        const messages: { role: bedrock.ConversationRole; content: bedrock.ContentBlock[] }[] = [];
        for (const { role, content: text } of await history()) {
          if (role !== 'user' && role !== 'assistant') continue;
          // The roles must take turns, and a turn that failed may have said nothing.
          if (messages.at(-1)?.role !== role) messages.push({ role, content: [] });
          messages.at(-1)?.content.push({ text });
        }
        for (;;) {
          const { text, uses } = await step('model', async function* ({ signal: abortSignal }) {
            const command = new bedrock.ConverseStreamCommand({ modelId, messages, toolConfig: { tools } });
            const { stream = [] } = await client.send(command, { abortSignal });
            const said = { text: '', uses: [] as (bedrock.ToolUseBlockStart & { input: string })[] };
            for await (const { contentBlockStart: begun, contentBlockDelta: more } of stream) {
              if (begun?.start?.toolUse) said.uses.push({ ...begun.start.toolUse, input: '' });
              const { text = '', toolUse } = more?.delta ?? {};
              said.text += text;
              yield text;
              for (const use of said.uses.slice(-1)) use.input += toolUse?.input ?? '';
            }
            return { ...said, uses: said.uses.map((use) => ({ ...use, input: JSON.parse(use.input) })) };
          });
          if (uses.length === 0) return;
          const results: bedrock.ContentBlock[] = [];
          for (const { toolUseId, input } of uses) {
            const question = { prompt: `May I pay order ${input.order} back?`, options: ['yes', 'no'] };
            const isApproved = (await ask(question)) === 'yes';
            const done = isApproved && (await step('refund', ({ key }) => refund(input.order, key)));
            results.push({ toolResult: { toolUseId, content: [{ text: done || 'The user said no.' }] } });
            yield { kind: 'tool-complete', toolCallId: toolUseId, success: isApproved };
          }
          const said = [...(text === '' ? [] : [{ text }]), ...uses.map((toolUse) => ({ toolUse }))];
          messages.push({ role: 'assistant', content: said }, { role: 'user', content: results });
        }
      },
    });
}
