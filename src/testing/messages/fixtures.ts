import assert from 'node:assert/strict';
import type { Message, MessageStore } from '../../domain/message-store.js';
import type { MessageContractOptions } from '../backend.js';
import type { Cases } from '../contract-case.js';
import { ids } from '../fixtures.js';

export type MessageCases = Cases<MessageStore, MessageContractOptions>;

/** What a user has said. */
export function say(content: string, fields: object = {}): Message {
  return { role: 'user', content, ...fields };
}

/** Several messages of one size, each with its number. */
export function createMessages(count: number, size = 20, start = 1): Message[] {
  return Array.from({ length: count }, (_, index) => say(`${start + index} `.padEnd(size, 'a1é🙂-')));
}

/** An assistant's message that calls tools by these ids. */
export function call(...callIds: string[]): Message {
  const toolCalls = callIds.map((id) => ({
    id,
    type: 'function',
    function: { name: 'weather', arguments: { city: id } },
  }));
  return { role: 'assistant', content: 'I look.', toolCalls };
}

export function result(toolCallId: string): Message {
  return { role: 'tool', content: `It rains in ${toolCallId}.`, toolCallId };
}

/** Asserts which messages are stored, as a store sees them that has seen nothing before. */
export async function assertStored(fresh: MessageStore, expected: readonly Message[]): Promise<void> {
  const count = await fresh.getCount(ids.contextId);
  assert.deepEqual(await fresh.getRange(ids.contextId, 0, count), expected);
  assert.equal(count, expected.length);
}
