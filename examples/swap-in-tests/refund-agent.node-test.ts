/**
 * The same with node:test, on the store itself; run it with `node --import tsx --test`.
 *
 * Shows time as an option, and what happens to the one of two processes that is late.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { isAgentStoreError } from '../../src/index.js';
import { InMemoryAgentStore, InMemoryRecordStore } from '../../src/stores.js';
import { RefundAgent } from './refund-agent.js';

test('a refund that nobody has confirmed within an hour is forgotten', async () => {
  let time = 0;
  const agentStore = new InMemoryAgentStore({ agentId: 'refunds', ttlSeconds: 3_600, now: () => time });
  await new RefundAgent('s', agentStore).startTurn('A-17');
  time += 3_599_000;
  assert.equal((await agentStore.load('s'))?.status, 'waiting-input');
  time += 1_000;
  assert.equal(await agentStore.load('s'), null);
});

test('of two processes that answer at once, one is refused', async () => {
  const records = new InMemoryRecordStore();
  const open = () => new RefundAgent('s', new InMemoryAgentStore({ agentId: 'refunds', records }));
  const asking = open();
  await asking.startTurn('A-17');
  const inputs = asking.state.pendingToolInputs?.map(({ inputId }) => ({ inputId, value: true })) ?? [];

  const outcomes = await Promise.allSettled([1, 2].map(() => open().startTurn(null, { inputs })));
  const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  assert.equal(refused.length, 1);
  assert.ok(isAgentStoreError(refused[0], 'CONFLICT'));
});
