import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import superjson from 'superjson';
import { compare } from '../compare.js';
import { fromAttributeValue, toAttributeValue } from '../dist/adapters/dynamodb/attribute-value.js';
import type { AgentState } from '../dist/domain/agent-state.js';
import { defaultSerializer } from '../dist/domain/default-serializer.js';
import { AnnotatedData, type SerializedData } from '../dist/domain/values/plain-data.js';
import { fromStateText, toStateText } from '../dist/domain/values/text.js';
import type { Comparison, MeasureResult } from '../results.js';
import { createPlainState, createRichState, sizes } from '../states.js';

const ids = { agentId: 'bench', contextId: 'session' };

function encode(state: AgentState): SerializedData | Promise<SerializedData> {
  return defaultSerializer.serialize(state, ids);
}

/** What a store does to a state between the agent and the client of the database, and back. */
async function throughNativeMap(state: AgentState): Promise<unknown> {
  const data = await encode(state);
  if (data instanceof Uint8Array || data instanceof AnnotatedData)
    throw new TypeError('The state is not plain.');
  return defaultSerializer.deserialize(fromAttributeValue(toAttributeValue(data).value), ids);
}

async function throughText(state: AgentState): Promise<unknown> {
  const text = toStateText(await encode(state));
  return defaultSerializer.deserialize(fromStateText(String(text)), ids);
}

export async function measureEncoding(): Promise<MeasureResult> {
  const native: Comparison[] = [];
  const rich: Comparison[] = [];
  const text: Comparison[] = [];
  for (const { label, bytes } of sizes) {
    native.push(await compareNative(label, createPlainState(bytes)));
    rich.push(await compareText(`${label}, rich`, createRichState(bytes), 0.6));
    text.push(await compareText(`${label}, plain`, createPlainState(bytes)));
  }
  return {
    title: 'Encoding and decoding a state, without a database',
    about:
      'What the store does to a state between the agent and the client of the database, and back: check, copy, encode, decode, restore. No keys, revisions or promises of calls are in it.',
    tables: [
      {
        title: 'A plain state, as a native map of DynamoDB',
        unit: 'µs',
        ratioOf: "ours / the SDK's marshaller",
        comparisons: native,
        note: "The SDK's `marshall` and `unmarshall` get the state with its dates already made text: they check nothing, copy nothing and restore no date.",
      },
      {
        title: 'A state with rich types, as text',
        unit: 'µs',
        ratioOf: 'ours / superjson',
        comparisons: rich,
      },
      { title: 'A plain state, as text', unit: 'µs', ratioOf: 'ours / superjson', comparisons: text },
    ],
  };
}

async function compareNative(label: string, state: AgentState): Promise<Comparison> {
  const dated = JSON.parse(JSON.stringify(state));
  const contenders = [
    { name: 'ours', run: () => throughNativeMap(state) },
    { name: 'marshaller', run: () => unmarshall(marshall(dated)) },
    { name: 'JSON', run: () => JSON.parse(JSON.stringify(state)) },
  ];
  const found = await compare(`${label}, plain`, contenders, ['ours', 'marshaller'], { factor: 1_000 });
  return { ...found, target: { atMost: 1.3 } };
}

async function compareText(label: string, state: AgentState, atMost?: number): Promise<Comparison> {
  const contenders = [
    { name: 'ours', run: () => throughText(state) },
    { name: 'superjson', run: () => superjson.parse(superjson.stringify(state)) },
    ...(atMost === undefined ? [{ name: 'JSON', run: () => JSON.parse(JSON.stringify(state)) }] : []),
  ];
  const found = await compare(label, contenders, ['ours', 'superjson'], { factor: 1_000 });
  return { ...found, ...(atMost !== undefined && { target: { atMost } }) };
}
