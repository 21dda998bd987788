import assert from 'node:assert/strict';
import type { Message } from '../../domain/message-store.js';
import { assertFails, ids } from '../fixtures.js';
import { assertStored, call, createMessages, type MessageCases, result, say } from './fixtures.js';

const { contextId } = ids;
const messages = createMessages(70, 300);
const summarize = async (removed: readonly Message[]) => `${removed.length} messages`;
const summary = (content: string): Message => ({ role: 'system', content });

/** Clearing a history, and making it shorter. */
export const compactCases: MessageCases = {
  'clears a history, and begins another one': async ({ open }) => {
    const [ours, theirs] = [open(), open()];
    await ours.append(contextId, messages);
    await theirs.append(contextId, say('one'));
    await ours.clear(contextId);
    await assertStored(open(), []);
    await theirs.append(contextId, say('two'));
    await assertStored(open(), [say('two')]);
    await ours.clear('session-2');
  },

  'keeps the newest fifty messages, or as many as it is told': async ({ open }) => {
    const ours = open();
    await ours.append(contextId, messages);
    const compacted = await ours.compact(contextId);
    assert.deepEqual(compacted.compactedRange, { start: 0, end: 20 });
    assert.deepEqual(compacted.summaryMessages, []);
    assert.equal(compacted.tokensSaved, 20 * 75);
    await assertStored(open(), messages.slice(20));
    await ours.compact(contextId, { keepRecent: 10 });
    await assertStored(open(), messages.slice(60));
    await ours.compact(contextId, { keepRecent: 10, targetTokens: 160 });
    await assertStored(open(), messages.slice(68));
    const nothing = { summaryMessages: [], compactedRange: { start: 0, end: 0 }, tokensSaved: 0 };
    assert.deepEqual(await ours.compact(contextId), nothing);
    assert.deepEqual(await ours.compact('session-2'), nothing);
  },

  'puts a summary in the place of earlier messages, and of earlier summaries': async ({ open }) => {
    const ours = open({ summarize });
    await ours.append(contextId, messages);
    const options = { keepRecent: 10, strategy: 'summarization' } as const;
    const { summaryMessages } = await ours.compact(contextId, options);
    assert.deepEqual(summaryMessages, [summary('60 messages')]);
    await assertStored(open(), [summary('60 messages'), ...messages.slice(60)]);
    assert.deepEqual(await open().getRecent(contextId), [summary('60 messages'), ...messages.slice(60)]);
    await ours.append(contextId, say('one'));
    await ours.compact(contextId, { ...options, keepRecent: 1 });
    await assertStored(open(), [summary('11 messages'), say('one')]);
    await ours.compact(contextId, { ...options, keepRecent: 1 });
    await assertStored(open(), [summary('11 messages'), say('one')]);
  },

  'makes summaries of summaries of fifty messages': async ({ open }) => {
    const ours = open({ summarize });
    await ours.append(contextId, messages);
    await ours.compact(contextId, { keepRecent: 10, strategy: 'hierarchical' });
    await assertStored(open(), [summary('2 messages'), ...messages.slice(60)]);
  },

  'parts no call from its results when it makes a history shorter': async ({ open }) => {
    const ours = open();
    const stored = [say('one'), call('a', 'b'), result('a'), result('b'), say('two'), call('c')];
    await ours.append(contextId, stored);
    await ours.compact(contextId, { keepRecent: 3 });
    await assertStored(open(), stored.slice(1));
    // It may still be answered.
    await ours.compact(contextId, { keepRecent: 0 });
    await assertStored(open(), stored.slice(5));
  },

  'keeps what is appended while a summary is made': async ({ open }) => {
    const theirs = open();
    const ours = open({
      summarize: async () => {
        await theirs.append(contextId, say('two'));
        return 'a summary';
      },
    });
    await ours.append(contextId, [...messages, say('one')]);
    await ours.compact(contextId, { keepRecent: 1, strategy: 'summarization' });
    await assertStored(open(), [summary('a summary'), say('one'), say('two')]);
  },

  'keeps nothing of a history that is cleared while a summary is made': async ({ open }) => {
    const theirs = open();
    const ours = open({
      summarize: async () => {
        await theirs.clear(contextId);
        await theirs.append(contextId, say('new'));
        return 'a summary';
      },
    });
    await ours.append(contextId, messages);
    const { compactedRange } = await ours.compact(contextId, { keepRecent: 1, strategy: 'summarization' });
    assert.deepEqual(compactedRange, { start: 0, end: 0 });
    await assertStored(open(), [say('new')]);
  },

  'leaves everything as it is if no summary can be made': async ({ open }) => {
    const ours = open({ summarize: () => Promise.reject(new Error('The model is not there.')) });
    await ours.append(contextId, messages);
    const options = { keepRecent: 1, strategy: 'summarization' } as const;
    await assertFails(ours.compact(contextId, options), 'UNAVAILABLE');
    const error = await assertFails(open().compact(contextId, options), 'CONFIGURATION');
    assert.match(error.message, /summarize/);
    await assertStored(open(), messages);
  },
};
