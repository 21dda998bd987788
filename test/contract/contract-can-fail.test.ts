import { describe, expect, it } from 'vitest';
import {
  agentStoreContract,
  messageStoreContract,
  sessionListContract,
  turnStoreContract,
} from '../../src/testing/index.js';
import { brokenLists } from './broken-lists.js';
import { brokenMessageStores } from './broken-message-stores.js';
import { brokenStores } from './broken-stores.js';
import { brokenTurnStores } from './broken-turn-stores.js';

describe('the contract', () => {
  it.each(brokenStores)('finds a store that $defect', async ({ foundBy, createBackend }) => {
    const made = agentStoreContract(createBackend).find(({ name }) => name === foundBy);
    await expect(made?.run()).rejects.toMatchObject({ name: 'AssertionError' });
  });

  it.each(brokenLists)('finds a store that $defect', async ({ foundBy, createBackend }) => {
    const made = sessionListContract(createBackend).find(({ name }) => name === foundBy);
    await expect(made?.run()).rejects.toMatchObject({ name: 'AssertionError' });
  });

  it.each(brokenMessageStores)('finds a message store that $defect', async ({ foundBy, createBackend }) => {
    const made = messageStoreContract(createBackend).find(({ name }) => name === foundBy);
    await expect(made?.run()).rejects.toMatchObject({ name: 'AssertionError' });
  });

  it.each(brokenTurnStores)('finds a turn store that $defect', async ({ foundBy, createBackend }) => {
    const made = turnStoreContract(createBackend).find(({ name }) => name === foundBy);
    await expect(made?.run()).rejects.toMatchObject({ name: 'AssertionError' });
  });
});
