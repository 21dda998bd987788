import fc from 'fast-check';
import { Subject } from 'rxjs';
import { expect, it, vi } from 'vitest';
import type { AgentEvent } from '../../src/domain/agent.js';
import { createApp } from '../../src/hono.js';
import { runs } from '../property/options.js';
import { event, FakeAgent } from './fake-agent.js';
import { readEvents, type SentEvent, sessionHeader } from './harness.js';

const headers = { [sessionHeader]: 'session-1' };

/** Somebody who comes and goes, and remembers what it has heard. */
class Caller {
  readonly heard: string[] = [];
  readonly #request: (init: RequestInit) => Response | Promise<Response>;
  #response: Response | undefined;
  #received: AsyncGenerator<SentEvent> | undefined;

  constructor(request: (init: RequestInit) => Response | Promise<Response>) {
    this.#request = request;
  }

  get isThere(): boolean {
    return this.#response !== undefined;
  }

  async ask(): Promise<void> {
    this.#response = await this.#request({ method: 'POST', headers, body: '{"prompt":"hi"}' });
  }

  async attach(byHeader: boolean): Promise<void> {
    const lastEventId = this.heard.at(-1);
    const accept = { ...headers, accept: 'text/event-stream' };
    const last: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    const body = JSON.stringify({ type: 'attach', lastEventId });
    const init = byHeader ? { headers: { ...accept, ...last } } : { method: 'POST', headers, body };
    this.#response = await this.#request(init);
  }

  /** False if the stream has ended. */
  async hear(): Promise<boolean> {
    if (this.#response === undefined || this.#response.status === 204) return false;
    this.#received ??= readEvents(this.#response);
    const { value } = await this.#received.next();
    if (value !== undefined) this.heard.push(value.id);
    return value !== undefined;
  }

  async leave(): Promise<void> {
    if (this.#received === undefined) await this.#response?.body?.cancel();
    else await this.#received.return(undefined);
    this.#received = undefined;
    this.#response = undefined;
  }
}

const caller = fc.nat(2);
const action = fc.oneof(
  fc.record({ type: fc.constant('say' as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ type: fc.constant('come' as const), caller, byHeader: fc.boolean() }),
  fc.record({ type: fc.constant('hear' as const), caller, count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ type: fc.constant('leave' as const), caller }),
);

it('lets everybody hear each event once and in order, however often they leave and come back', async () => {
  const property = fc.asyncProperty(
    fc.array(action, { maxLength: 40 }),
    fc.nat(40),
    async (actions, endsAt) => {
      const subject = new Subject<AgentEvent>();
      const app = createApp({ agent: async (contextId) => new FakeAgent(contextId, () => subject) });
      const callers = [0, 1, 2].map(() => new Caller((init) => app.request('/invocations', init)));
      await callers[0]?.ask();
      await vi.waitFor(() => expect(subject.observed).toBe(true), { interval: 1 });
      let said = 0;
      const end = async () => {
        if (subject.observed) said++;
        subject.complete();
        await new Promise(setImmediate);
      };
      for (const [index, step] of actions.entries()) {
        if (index === endsAt) await end();
        if (step.type === 'say') {
          for (let count = 0; count < step.count && subject.observed; count++) {
            subject.next(event('content-delta', { delta: `${said++}` }));
          }
          continue;
        }
        const someone = callers[step.caller];
        if (someone === undefined) continue;
        // Without an id, nothing can be asked of a turn that has ended.
        const mayCome = subject.observed || someone.heard.length > 0;
        if (step.type === 'leave') await someone.leave();
        else if (step.type === 'come' && !someone.isThere && mayCome) await someone.attach(step.byHeader);
        else if (step.type === 'hear' && someone.isThere) {
          const available = Math.min(step.count, said - someone.heard.length);
          for (let count = 0; count < available; count++) await someone.hear();
        }
      }
      for (const someone of callers) if (!someone.isThere && subject.observed) await someone.attach(false);
      await end();
      for (const someone of callers) {
        if (!someone.isThere && someone.heard.length > 0) await someone.attach(true);
        const isHearing = someone.isThere;
        while (await someone.hear()) if (someone.heard.length > said) break;
        const all = Array.from({ length: said }, (_, index) => index + 1);
        const numbers = someone.heard.map((id) => Number(id.split(':')[1]));
        expect(numbers).toEqual(isHearing ? all : []);
      }
    },
  );
  await fc.assert(property, runs());
});
