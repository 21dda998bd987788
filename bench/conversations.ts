import { createHash } from 'node:crypto';
import type { Message } from '../dist/domain/message-store.js';
import { createText } from './states.js';

/** Turns of a question and an answer. */
export const turns = 200;

/** How many of the newest messages are read when a conversation is opened. */
export const newest = 50;

/** The sizes of a message as an item of its own, of which names and keys take a tenth of a kilobyte. */
export const messageSizes = [
  { label: '0.2 KB', bytes: 100 },
  { label: '1 KB', bytes: 900 },
  { label: '4 KB', bytes: 3_900 },
  { label: '20 KB', bytes: 19_900 },
] as const;

/** Gives a text of so many characters, another one for each number. */
export type CreateContent = (bytes: number, number: number) => string;

/** Prose in which no message repeats what was said just before: compressed together, they would be far too small. */
const createProse: CreateContent = (bytes, number) => createText(bytes, number * Math.ceil(bytes / 1_500));

/** Nothing in it repeats, so that only its letters, 64 of them, can be written shorter. */
export const createNoise: CreateContent = (bytes, number) => {
  let text = '';
  for (let index = 0; text.length < bytes; index++)
    text += createHash('sha512').update(`${number} ${index}`).digest('base64url').slice(0, 80);
  return text.slice(0, bytes);
};

/** A turn's messages, of so many characters each. */
export function createTurn(
  bytes: number,
  turn: number,
  createContent = createProse,
): readonly [question: Message, answer: Message] {
  return [
    { role: 'user', content: createContent(bytes, 2 * turn) },
    { role: 'assistant', content: createContent(bytes, 2 * turn + 1) },
  ];
}

export function createConversation(bytes: number): Message[] {
  return Array.from({ length: turns }, (_, turn) => createTurn(bytes, turn)).flat();
}

/** Gives the messages one after another, and the first again after the last. */
export function inTurn(messages: readonly Message[]): () => Message {
  let rest: Message[] = [];
  return () => {
    if (rest.length === 0) rest = [...messages];
    const next = rest.shift();
    if (next === undefined) throw new RangeError('There are no messages.');
    return next;
  };
}
