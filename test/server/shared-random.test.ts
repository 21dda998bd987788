import fc from 'fast-check';
import type { Hono } from 'hono';
import { Subject } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import type { AgentEvent } from '../../src/domain/agent.js';
import { createTurnStore } from '../../src/domain/turns/create-turn-store.js';
import { createApp } from '../../src/hono.js';
import { runs } from '../property/options.js';
import { event, FakeAgent } from './fake-agent.js';
import { readEvents, type SentEvent } from './harness.js';
import { fast, toAttachRequest, ways } from './shared-servers.js';

/** Somebody who comes to any server, leaves, and comes back to another one with the last id it has heard. */
class Caller {
  readonly heard: SentEvent[] = [];
  #received: AsyncGenerator<SentEvent> | undefined;

  get isThere(): boolean {
    return this.#received !== undefined;
  }

  async come(app: Hono, way: (typeof ways)[number]): Promise<void> {
    const response = await app.request(...toAttachRequest(way, 's', this.heard.at(-1)?.id));
    if (response.status === 200) this.#received = readEvents(response);
    else expect(response.status).toBe(204);
  }

  /** False if the stream has ended. */
  async hear(): Promise<boolean> {
    const { value } = (await this.#received?.next()) ?? {};
    if (value !== undefined) this.heard.push(value);
    return value !== undefined;
  }

  async leave(): Promise<void> {
    await this.#received?.return(undefined);
    this.#received = undefined;
  }
}

const server = fc.nat(2);
const caller = fc.nat(2);
const way = fc.constantFrom(...ways);
const action = fc.oneof(
  fc.record({ type: fc.constant('say' as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ type: fc.constant('come' as const), caller, server, way }),
  fc.record({ type: fc.constant('hear' as const), caller, count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ type: fc.constant('leave' as const), caller }),
  fc.record({ type: fc.constant('flush' as const) }),
);

it('lets everybody hear each event once and in order, to whichever servers they come, however often they leave', async () => {
  const property = fc.asyncProperty(
    fc.array(action, { maxLength: 30 }),
    fc.nat(30),
    fc.constantFrom('task-complete', 'failed', 'nothing'),
    async (actions, endsAt, ending) => {
      const records = new InMemoryRecordStore();
      const subject = new Subject<AgentEvent>();
      const apps = [0, 1, 2].map(() =>
        createApp({
          agent: async (contextId) => new FakeAgent(contextId, () => subject),
          turnStore: createTurnStore(records, { ...fast, flushMs: 1 }),
        }),
      );
      const pick = (index: number) => apps[index] ?? expect.fail();
      const callers = [0, 1, 2].map(() => new Caller());
      const asked = pick(0).request('/invocations', {
        method: 'POST',
        headers: toAttachRequest('body', 's')[1].headers,
        body: '{"prompt":"hi"}',
      });
      await vi.waitFor(() => expect(subject.observed).toBe(true), { interval: 1 });
      let said = 0;
      const end = () => {
        if (!subject.observed) return;
        said++;
        if (ending === 'failed') subject.error(new Error('The model failed.'));
        if (ending === 'task-complete') subject.next(event('task-complete', { content: 'done' }));
        subject.complete();
      };
      for (const [index, step] of actions.entries()) {
        if (index === endsAt) end();
        if (step.type === 'flush') await new Promise((resolve) => setTimeout(resolve, 2));
        if (step.type === 'say' && subject.observed)
          for (let count = 0; count < step.count; count++)
            subject.next(event('content-delta', { delta: said++ }));
        if (!('caller' in step)) continue;
        const someone = callers[step.caller] ?? expect.fail();
        // Without an id, nothing can be asked of a turn that has ended.
        const mayCome = subject.observed || someone.heard.length > 0;
        if (step.type === 'leave') await someone.leave();
        if (step.type === 'come' && !someone.isThere && mayCome)
          await someone.come(pick(step.server), step.way);
        if (step.type !== 'hear' || !someone.isThere) continue;
        const available = Math.min(step.count, said - someone.heard.length);
        for (let count = 0; count < available; count++) await someone.hear();
      }
      for (const [index, someone] of callers.entries())
        if (!someone.isThere && subject.observed) await someone.come(pick(index), 'body');
      end();
      const whole: SentEvent[] = [];
      for await (const sent of readEvents(await asked)) whole.push(sent);
      expect(whole.map(({ id }) => Number(id.split(':')[1]))).toEqual(
        Array.from({ length: said }, (_, index) => index + 1),
      );
      for (const [index, someone] of callers.entries()) {
        if (!someone.isThere && someone.heard.length > 0) await someone.come(pick(index), 'query');
        const isHearing = someone.isThere || someone.heard.length > 0;
        while (await someone.hear()) if (someone.heard.length > said) break;
        expect(someone.heard).toEqual(isHearing ? whole : []);
      }
    },
  );
  await fc.assert(property, runs());
});
