import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testApproval } from './approval-tests.js';
import { InstalledExample } from './installed-example.js';
import { readRest, SupportSession } from './support-session.js';

let example: InstalledExample;

beforeAll(async () => {
  example = await InstalledExample.install('ai-sdk');
});

afterAll(() => example?.remove());

describe('the Vercel AI SDK', () => {
  it('has types that fit, with a real model', async () => {
    expect(await example.typeCheck()).toBe('');
  });

  describe('with its mock model', () => {
    beforeAll(() => example.mockModel('ai-sdk.ts'));

    it('has types that fit', async () => {
      expect(await example.typeCheck()).toBe('');
    });

    testApproval(() => example);

    it('leaves a call that does not fit the schema to the SDK, which tells the model', async () => {
      const session = await SupportSession.open(example, [[{ order: 7 }], [{ text: 'Which order?' }]]);
      const { texts, question } = await readRest(session.send({ prompt: 'Please pay it back.' }));
      expect({ texts, question }).toEqual({ texts: ['Which order?'], question: undefined });
      expect(JSON.stringify(session.model.prompts[1])).toContain('Invalid input for tool refund');
    });
  });
});
