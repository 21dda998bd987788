import { expect, it } from 'vitest';
import { readRest, readText, type Support, SupportSession } from './support-session.js';

const prompt = 'Please pay order A-1 back.';
const question = 'May I pay order A-1 back?';

/** The tests that each example has to pass. `support` is called in each of them. */
export function testApproval(support: () => Support): void {
  it('goes on after kill -9: nothing is paid back twice, and nothing that the model has said is asked of it again', async () => {
    let goOn = () => {};
    const isHeard = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const session = await SupportSession.open(support(), [
      [{ text: 'Let me ' }, isHeard, { text: 'see.' }, { order: 'A-1' }],
      [{ text: 'Order ' }, new Promise(() => {})],
      [{ text: 'Order A-1 ' }, { text: 'is paid.' }],
      [{ text: 'Goodbye.' }],
    ]);

    const events = session.send({ prompt });
    // The model says no more before its first word was heard.
    expect(await readText(events)).toBe('Let me ');
    goOn();
    const asked = await readRest(events);
    expect(asked).toMatchObject({
      texts: ['see.'],
      question: { prompt: question, options: ['yes', 'no'] },
      last: { event: 'task-status', data: { status: 'waiting-input' } },
    });
    expect(await session.refunds()).toEqual([]);

    await session.kill();
    await session.start();
    const inputs = [{ inputId: asked.question?.inputId, value: 'yes' }];
    expect(await readText(session.send({ inputs }))).toBe('Order ');
    expect(await session.refunds()).toEqual([expect.stringMatching(/^A-1 \S+$/)]);

    // Again, with the order paid back, and the model in the middle of a sentence.
    await session.kill();
    await session.start();
    expect(await readRest(session.send({ inputs }))).toMatchObject({
      texts: ['Order A-1 ', 'is paid.'],
      last: { event: 'task-complete', data: { content: 'Order A-1 is paid.' } },
    });
    expect(await session.refunds()).toHaveLength(1);
    const [first, second, third] = session.model.prompts.map((each) => JSON.stringify(each));
    expect(session.model.prompts).toHaveLength(3);
    expect(first).not.toContain('Let me see.');
    expect(second).toContain('Let me see.');
    expect(second).toContain('Order A-1 is paid back.');
    expect(third).toContain('Order A-1 is paid back.');

    await session.kill();
    await session.start();
    expect(await readRest(session.send({ prompt: 'Thank you.' }))).toMatchObject({ texts: ['Goodbye.'] });
    expect(await session.conversation()).toEqual([
      { role: 'user', content: prompt },
      { role: 'assistant', content: `Let me see.\n\n${question}` },
      { role: 'user', content: 'yes' },
      { role: 'assistant', content: 'Order A-1 is paid.' },
      { role: 'user', content: 'Thank you.' },
      { role: 'assistant', content: 'Goodbye.' },
    ]);
    const last = JSON.stringify(session.model.prompts[3]);
    for (const said of [prompt, 'yes', 'Order A-1 is paid.', 'Thank you.']) expect(last).toContain(said);
  });

  it('pays nothing back if the user says no, and lets the model know', async () => {
    const session = await SupportSession.open(support(), [[{ order: 'A-1' }], [{ text: 'As you wish.' }]]);
    const { question } = await readRest(session.send({ prompt }));
    await session.kill();
    await session.start();
    const inputs = [{ inputId: question?.inputId, value: 'no' }];
    expect(await readRest(session.send({ inputs }))).toMatchObject({ texts: ['As you wish.'] });
    expect(await session.refunds()).toEqual([]);
    expect(JSON.stringify(session.model.prompts[1])).toMatch(/The user said no\.|execution-denied/);
  });
}
