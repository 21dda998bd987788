import type { Message } from '../message-store.js';

/** What a result says that stands for one that never came. */
const interrupted = 'The tool was interrupted before it gave a result.';

/**
 * The messages as a model provider accepts them: each call of a tool is followed at once by its one result, and each result
 * comes from a call. Others are left out; a call without a result is left out too, or answered.
 *
 * @param heal - What becomes of a call without a result.
 */
export function healMessages(messages: readonly Message[], heal: 'omit' | 'answer'): Message[] {
  const results = findResults(messages);
  return messages.flatMap((message, index) => {
    if (message.role === 'tool') return []; // Comes with its call, if it has one.
    if (message.role !== 'assistant' || message.toolCalls === undefined) return [message];
    return healCalls(message, results.get(index) ?? new Map(), heal);
  });
}

/** The place of the message that called, for the place of each result. A result belongs to the last call of its id before it. */
export function findCallers(messages: readonly Message[]): Map<number, number> {
  const found = new Map<number, number>();
  const callers = new Map<string | undefined, number>();
  messages.forEach(({ role, toolCalls, toolCallId }, index) => {
    if (role === 'assistant') for (const { id } of toolCalls ?? []) callers.set(id, index);
    const caller = role === 'tool' ? callers.get(toolCallId) : undefined;
    if (caller !== undefined) found.set(index, caller);
  });
  return found;
}

/** A message that calls, with those of its calls that are answered, and their results. */
function healCalls(
  message: Message,
  results: ReadonlyMap<string, Message>,
  heal: 'omit' | 'answer',
): Message[] {
  const { toolCalls = [], ...rest } = message;
  const once = new Map(toolCalls.map((call) => [call.id, call]));
  const calls = [...once.values()].filter(({ id }) => heal === 'answer' || results.has(id));
  if (calls.length === 0) return message.content === '' ? [] : [rest];
  return [
    { ...message, toolCalls: calls },
    ...calls.map(({ id, function: { name } }) => results.get(id) ?? createAnswer(id, name)),
  ];
}

function createAnswer(toolCallId: string, name: string): Message {
  return { role: 'tool', content: interrupted, name, toolCallId };
}

/** The first result of each call: by the place of the message that called, and by the id of the call. */
function findResults(messages: readonly Message[]): Map<number, Map<string, Message>> {
  const results = new Map<number, Map<string, Message>>();
  for (const [place, caller] of findCallers(messages)) {
    const result = messages[place];
    const found = results.get(caller) ?? new Map<string, Message>();
    results.set(caller, found);
    if (result?.toolCallId !== undefined && !found.has(result.toolCallId))
      found.set(result.toolCallId, result);
  }
  return results;
}
