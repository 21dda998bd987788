import { describe, expect, it } from 'vitest';
import { agentStoreContract } from '../../src/testing/index.js';
import { brokenStores } from './broken-stores.js';

describe('the contract', () => {
  it.each(brokenStores)('finds a store that $defect', async ({ foundBy, createBackend }) => {
    const made = agentStoreContract(createBackend).find(({ name }) => name === foundBy);
    await expect(made?.run()).rejects.toMatchObject({ name: 'AssertionError' });
  });
});
