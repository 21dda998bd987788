import { addEntry, emptyHead, keepSummary } from './build-head.js';
import type { Entry, Head } from './head.js';
import { createEntry, describeMessages } from './message-codec.js';
import { locateAsTurn, type MessageCore } from './message-core.js';
import type { Append } from './read-history.js';
import { changeHead, readHead } from './write-history.js';

/** Puts a history in the place of whatever is stored, as a turn with this token: all of it, or nothing. */
export async function replaceHistory(
  core: MessageCore,
  contextId: string,
  token: number,
  appends: readonly Append[],
): Promise<void> {
  const history = locateAsTurn(core, contextId, token);
  const entries: { readonly entry: Entry; readonly isSummary: boolean }[] = [];
  for (const { at, expiresAt, isSummary, messages } of appends) {
    const entry = await createEntry(core.settings, messages, history.ids);
    entries.push({ entry: { ...entry, at, expiresAt: expiresAt ?? entry.expiresAt }, isSummary });
  }
  const messages = appends.flatMap((append) => append.messages);
  const attributes = describeMessages(core.settings, messages, history.ids);
  await core.calls.run(contextId, async () => {
    core.memory.recall(contextId).stored = undefined;
    if (entries.length === 0 && (await readHead(core, history)) === null) return;
    await changeHead(core, history, {
      attributes,
      replacesUnreadable: true,
      make: async (head, revision, createPart) => {
        let made: Head = { ...emptyHead(head, revision), isErased: false };
        const { end } = made;
        for (const { entry, isSummary } of entries)
          made = isSummary
            ? { ...made, summary: { start: end, end, content: await keepSummary(entry, createPart) } }
            : await addEntry(made, entry, createPart);
        return made;
      },
    });
  });
}
