import { readFile } from 'node:fs/promises';
import { AgentStoreError, isAgentStoreError } from '../../domain/errors.js';
import { importSession } from '../../domain/sessions/export-session.js';
import type { SessionExport } from '../../domain/sessions/session-export.js';
import { type CliContext, type CommonFlags, present } from '../context.js';
import { wrongUsage } from '../failures.js';
import { explainFile } from '../files.js';
import type { CliIo } from '../io.js';
import { withStores } from '../stores/with-stores.js';

export interface ImportFlags extends CommonFlags {
  readonly overwrite: boolean;
}

export async function importFromFile(
  this: CliContext,
  flags: ImportFlags,
  url: string,
  file: string,
): Promise<void> {
  const exported = parseExport(await readText(file, this.io), file);
  const { overwrite } = flags;
  const agentId = await withStores(this, url, async (stores) => {
    await importSession(stores, exported, { overwrite }).catch((error: unknown) => {
      throw explainImport(error, file);
    });
    return stores.agentId;
  });
  const { contextId } = exported;
  present(this, flags, { agentId, contextId }, () => `The session "${contextId}" is there.`);
}

async function readText(file: string, { stdin }: CliIo): Promise<string> {
  if (file !== '-')
    return readFile(file, 'utf8').catch((error: unknown) => {
      throw explainFile(file, error);
    });
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stdin)
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** What is in it is looked at when it is imported. */
function parseExport(text: string, file: string): SessionExport {
  try {
    return JSON.parse(text);
  } catch {
    // Without the error, which repeats what it cannot read.
    throw wrongUsage(`What is in ${file} is no JSON.`);
  }
}

function explainImport(error: unknown, file: string): unknown {
  if (isAgentStoreError(error, 'CORRUPTED'))
    return wrongUsage(`What is in ${file} is no export of a session, or a damaged one.`, error);
  if (isAgentStoreError(error, 'CONFLICT') && /overwrite/.test(error.message))
    return new AgentStoreError(
      'CONFLICT',
      'The session is there already. Add --overwrite to replace all of it.',
    );
  return error;
}
