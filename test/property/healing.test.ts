import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InMemoryMessageStore } from '../../src/adapters/memory/index.js';
import type { Message } from '../../src/domain/message-store.js';
import { healMessages } from '../../src/domain/messages/heal.js';
import { runs } from './options.js';

/** Messages of a conversation in any order, with few ids, so that they meet. */
const callId = fc.constantFrom('a', 'b', 'c');
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.constantFrom('', 'Hello').map((content): Message => ({ role: 'user', content })),
  fc
    .tuple(fc.array(callId, { maxLength: 3 }), fc.constantFrom('', 'I look.'))
    .map(([ids, content]): Message => ({ role: 'assistant', content, toolCalls: ids.map(toCall) })),
  callId.map((toolCallId): Message => ({ role: 'tool', content: 'It rains.', toolCallId })),
);
const heal = fc.constantFrom<'omit' | 'answer'>('omit', 'answer');

describe('what a model provider is given', () => {
  it('is what it accepts, whatever was lost, cut off or said twice', () => {
    fc.assert(
      fc.property(fc.array(message), heal, (messages, heal) => {
        const healed = healMessages(messages, heal);
        expect(findRefusal(healed)).toBe(null);
        expect(healMessages(healed, heal)).toEqual(healed);
      }),
      runs(),
    );
  });

  it('is all there is, if there is nothing to heal', () => {
    fc.assert(
      fc.property(fc.array(message), heal, (messages, heal) => {
        if (findRefusal(messages) === null && messages.every(isWhole))
          expect(toTexts(healMessages(messages, heal))).toEqual(toTexts(messages));
      }),
      runs({ atLeast: 1_000 }),
    );
  });

  it('is what it accepts after any compaction, and in any window', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 30 }),
        fc.nat(30),
        fc.nat(30),
        heal,
        async (messages, keepRecent, maxMessages, heal) => {
          const store = new InMemoryMessageStore({ agentId: 'a', heal, summarize: () => 'a summary' });
          await store.append('s', messages);
          await store.compact('s', { keepRecent, strategy: 'summarization' });
          const recent = await store.getRecent('s', { maxMessages });
          expect(findRefusal(recent)).toBe(null);
          expect(findRefusal(await store.getAll('s'))).toBe(null);
          // What waits for its user is not compacted: its result may still come.
          const last = messages.findLastIndex(({ toolCalls = [] }) => toolCalls.length > 0);
          const isOpen = messages.slice(last).every(({ role }) => role !== 'user');
          const answered = new Set(messages.slice(last + 1).map(({ toolCallId }) => toolCallId));
          const waiting = (messages[last]?.toolCalls ?? []).filter(({ id }) => !answered.has(id));
          if (!isOpen || waiting.length === 0) return;
          const results = waiting.map(
            ({ id }): Message => ({ role: 'tool', content: 'late', toolCallId: id }),
          );
          await store.append('s', results);
          const read = await store.getAll('s');
          for (const { toolCallId } of results)
            expect(read).toContainEqual({ role: 'tool', content: 'late', toolCallId });
        },
      ),
      runs(),
    );
  });
});

/** In any order: results are put in that of their calls. */
function toTexts(messages: readonly Message[]): string[] {
  return messages.map((message) => JSON.stringify(message)).sort();
}

function toCall(id: string) {
  return { id, type: 'function', function: { name: 'weather', arguments: {} } };
}

function isWhole({ toolCalls }: Message): boolean {
  return toolCalls === undefined || toolCalls.length > 0;
}

/** Why a provider would refuse these messages: the rules of the model APIs, one message at a time; `null` if it would not. */
function findRefusal(messages: readonly Message[]): string | null {
  let open = new Set<string>();
  for (const { role, toolCalls = [], toolCallId = '' } of messages) {
    if (role === 'tool') {
      if (!open.delete(toolCallId)) return `a result of "${toolCallId}", which nobody waits for`;
      continue;
    }
    if (open.size > 0) return `calls without a result: ${[...open]}`;
    if (role !== 'assistant') continue;
    open = new Set(toolCalls.map(({ id }) => id));
    if (open.size < toolCalls.length) return 'a call that is there twice';
  }
  return open.size > 0 ? `calls without a result: ${[...open]}` : null;
}
