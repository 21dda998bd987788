import { readFileSync } from 'node:fs';
import type { AgentState } from '../dist/domain/agent-state.js';
import { isQuick } from './quick.js';

/** The sizes that every measure is made at, in bytes of JSON. The small ones are the harder. */
export const sizes = [
  { label: '0.3 KB', bytes: 300 },
  { label: '2 KB', bytes: 2_000 },
  { label: '20 KB', bytes: 20_000 },
  { label: '200 KB', bytes: 200_000 },
].slice(0, isQuick ? 2 : undefined);

/** Prose with code in it, as conversations with agents are, and as long: the manuals of installed packages. */
const manuals = ['abstract-level', 'ioredis', 'fast-check', 'keyv', 'superjson', 'fastify'];

function readParagraphs(): string[] {
  return manuals
    .map((name) => readFileSync(new URL(`../node_modules/${name}/README.md`, import.meta.url), 'utf8'))
    .flatMap((text) => text.split(/\n{2,}/))
    .filter((paragraph) => paragraph.length > 40 && paragraph.length < 900);
}

const paragraphs = readParagraphs();

/** Numbers that look random and are the same in each run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A state of JSON and the two dates that every state has. Its text repeats no more than a real conversation does. */
export function createPlainState(bytes: number): AgentState {
  const state = createState([]);
  return createState(createMessages(bytes - JSON.stringify(state).length));
}

/** The same with dates, a `Map`, a `Set`, bigints and `undefined` in it: two of them in every fourth message. */
export function createRichState(bytes: number): AgentState {
  const messages = createMessages(bytes - 400).map((message, index) =>
    index % 4 === 0
      ? { ...message, at: new Date(1_777_000_000_000 + index * 61_000), editedBy: undefined }
      : message,
  );
  return createState(messages, {
    usage: new Map([
      ['input', 18_223n],
      ['output', 2_310n],
    ]),
    tags: new Set(['billing', 'priority']),
    resumeAt: new Date(1_777_000_500_000),
    lastSequence: 9_007_199_254_740_993n,
    parent: undefined,
  });
}

function createState(messages: readonly object[], more: object = {}): AgentState {
  const time = new Date('2026-05-04T10:20:30.123Z');
  const metadata = { userId: 'b3f9c2', locale: 'en-GB', messages, ...more };
  return { status: 'idle', turnCount: messages.length, lastActivity: time, createdAt: time, metadata };
}

/** Messages of so many bytes of JSON together. */
export function createMessages(bytes: number): object[] {
  const messages: object[] = [];
  const random = createRandom(1);
  for (let size = 0; size < bytes; ) {
    const message = createMessage(messages.length, random, bytes - size);
    size += JSON.stringify(message).length + 1;
    messages.push(message);
  }
  return messages;
}

export const kinds = [
  { kind: 'plain', create: createPlainState },
  { kind: 'rich', create: createRichState },
] as const;

/** Prose of so many characters, another one for each seed. */
export function createText(length: number, seed: number): string {
  let text = '';
  for (let index = seed * 7 + 3; text.length < length; index++)
    text += `${paragraphs[index % paragraphs.length]}\n\n`;
  return text.slice(0, length);
}

function createMessage(index: number, random: () => number, room: number): object {
  const id = `msg_${Math.floor(random() * 2 ** 32).toString(36)}`;
  // Each paragraph is used once before any is used again.
  const content = (paragraphs[(index * 7 + 3) % paragraphs.length] ?? '').slice(0, Math.max(20, room - 60));
  if (index % 3 !== 2) return { id, role: index % 3 === 0 ? 'user' : 'assistant', content };
  const rows = [1, 2].map((row) => ({
    id: Math.floor(random() * 1e6),
    score: Number(random().toFixed(4)),
    row,
  }));
  return {
    id,
    role: 'tool',
    content,
    toolCall: {
      name: 'search_documents',
      arguments: { query: content.slice(0, 30), limit: 10, fuzzy: false },
    },
    result: { rows, truncated: index % 2 === 0, next: null },
  };
}
