import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { describe, expect, it } from 'vitest';
import {
  InMemoryAgentStore,
  InMemoryMessageStore,
  InMemoryTurnStore,
} from '../../src/adapters/memory/index.js';
import { openTelemetry, traced } from '../../src/adapters/tracing/index.js';
import { inputMessages, outputMessages } from '../../src/adapters/tracing/messages.js';
import { createAgent } from '../../src/agent/create-agent.js';
import { startServer } from '../server/harness.js';
import { collect } from './collector.js';

/** Each is said somewhere, and belongs into no span. */
const secrets = {
  prompt: 'secret-prompt',
  metadata: 'secret-metadata',
  idempotencyKey: 'secret-idempotency',
  header: 'secret-header',
  authorization: 'secret-authorization',
  token: 'secret-token',
  baggage: 'secret-baggage',
  query: 'secret-query',
  delta: 'secret-delta',
  tool: 'secret-tool',
  question: 'secret-question',
  reply: 'secret-reply',
  credential: 'secret-credential',
  answer: 'secret-answer',
  state: 'secret-state',
  stateKey: 'secret-key-of-a-state',
  message: 'secret-message',
  error: 'secret-error',
  cause: 'secret-cause',
  owner: 'secret-owner',
};

/** All that is exported of a span. */
function toText(span: ReadableSpan): string {
  const { name, attributes, events, links, status, resource, instrumentationScope } = span;
  return JSON.stringify([name, attributes, events, links, status, resource.attributes, instrumentationScope]);
}

const isSaid = (spans: readonly ReadableSpan[], secret: string) =>
  spans.some((span) => toText(span).includes(secret));

/** Runs good turns and bad ones, in which all of it is said. */
async function sayAll(options: Parameters<typeof openTelemetry>[0]) {
  const collector = collect();
  const agentId = 'a';
  const agentStore = traced(new InMemoryAgentStore({ agentId }));
  const messageStore = traced(new InMemoryMessageStore({ agentId }));
  const heard: unknown[] = [];
  const server = await startServer({
    telemetry: openTelemetry(options),
    agentStore,
    turnStore: traced(new InMemoryTurnStore({ agentId })),
    decodeAuthorization: async (header) => ({ header }),
    ownerOf: () => secrets.owner,
    agent: (contextId, context) =>
      createAgent({
        agentId,
        contextId,
        agentStore: context.agentStore,
        messageStore,
        async *turn({ message, state, step, ask, askForCredential }) {
          yield secrets.delta;
          const result = await step('tool', async () => ({ result: secrets.tool }));
          yield { kind: 'tool-complete', result };
          if (message.includes('fail')) throw new Error(secrets.error, { cause: new Error(secrets.cause) });
          if (message.includes('unserializable')) {
            const metadata = { [secrets.stateKey]: () => secrets.state };
            await agentStore.update(contextId, () => ({ ...state, metadata }));
          }
          heard.push(await ask({ prompt: secrets.question }));
          heard.push(await askForCredential({ prompt: secrets.question }));
          state.metadata = { [secrets.stateKey]: secrets.state };
          await messageStore.append(contextId, {
            role: 'tool',
            content: secrets.message,
            toolCallId: 'none',
          });
          yield secrets.answer;
        },
      }),
  });
  const send = async (body: object, query = '') => {
    const response = await fetch(`${server.url}/invocations?${query}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: {
        'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': 's',
        authorization: `Bearer ${secrets.authorization}`,
        workloadaccesstoken: secrets.token,
        'x-custom': secrets.header,
        baggage: `tenant=${secrets.baggage}`,
        'idempotency-key': `${secrets.idempotencyKey}-${JSON.stringify(body).length}`,
      },
    });
    return response.text();
  };
  const metadata = { note: secrets.metadata };
  await send({ prompt: `fail ${secrets.prompt}`, metadata });
  await send({ prompt: `unserializable ${secrets.prompt}`, metadata });
  const asked = await send({ prompt: secrets.prompt, metadata }, `q=${secrets.query}`);
  const idIn = (text: string, name: string) => new RegExp(`"${name}":"(.*?)"`).exec(text)?.[1];
  const wanted = await send({ inputs: [{ inputId: idIn(asked, 'inputId'), value: secrets.reply }] });
  const last = await send({
    credentials: [{ authId: idIn(wanted, 'authId'), credential: secrets.credential }],
  });
  // It was all said.
  expect(heard.slice(-2)).toEqual([secrets.reply, secrets.credential]);
  expect(last).toContain(secrets.answer);
  expect((await agentStore.peek('s'))?.metadata).toEqual({ [secrets.stateKey]: secrets.state });
  return collector.spans();
}

describe('what users and agents say', () => {
  it('is in no span', async () => {
    const spans = await sayAll({ agentName: 'support' });
    expect(new Set(spans.map(({ name }) => name))).toEqual(
      new Set([
        ...['POST /invocations', 'invoke_agent support'],
        ...['load', 'save', 'peek', 'update'].map((operation) => `${operation} agent_state`),
        'append messages',
        ...['begin', 'end', 'claim'].map((operation) => `${operation} turns`),
      ]),
    );
    expect(Object.values(secrets).filter((secret) => isSaid(spans, secret))).toEqual([]);
  });

  it('is in the spans of turns if that is asked for: what was asked and answered, and nothing else', async () => {
    const spans = await sayAll({ captureContent: true });
    const said = Object.values(secrets).filter((secret) => isSaid(spans, secret));
    expect(said).toEqual([secrets.prompt, secrets.delta, secrets.reply, secrets.answer]);
    const turns = spans.filter(({ name }) => name === 'invoke_agent');
    expect(
      isSaid(
        spans.filter((span) => !turns.includes(span)),
        'secret',
      ),
    ).toBe(false);
    const [failed, , asked, replied, signedIn] = turns.map(({ attributes }) =>
      ['input', 'output'].map((way) => JSON.parse(String(attributes[`gen_ai.${way}.messages`]))),
    );
    const text = (content: string) => [{ type: 'text', content }];
    const assistant = { role: 'assistant', finish_reason: 'stop' };
    expect(failed).toEqual([
      [{ role: 'user', parts: text(`fail ${secrets.prompt}`) }],
      [{ ...assistant, parts: text(secrets.delta), finish_reason: 'error' }],
    ]);
    expect(asked?.[0]).toEqual([{ role: 'user', parts: text(secrets.prompt) }]);
    expect(replied?.[0]).toEqual([{ role: 'user', parts: text(secrets.reply) }]);
    expect(signedIn?.[0]).toEqual([{ role: 'user', parts: [] }]);
    expect(signedIn?.[1]).toMatchObject([assistant]);
  });

  it('is written as the conventions have it, whatever it is', () => {
    const partsOf = (messages: string) => JSON.parse(messages)[0].parts;
    expect(partsOf(inputMessages([{ seat: '12A' }, 5, undefined, 'yes']))).toEqual(
      ['{"seat":"12A"}', '5', '', 'yes'].map((content) => ({ type: 'text', content })),
    );
    expect(JSON.parse(outputMessages('Hello', 'completed'))).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'Hello' }], finish_reason: 'stop' },
    ]);
  });
});
