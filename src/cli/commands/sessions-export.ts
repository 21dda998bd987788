import { writeFile } from 'node:fs/promises';
import { exportSession } from '../../domain/sessions/export-session.js';
import { type CliContext, type CommonFlags, present } from '../context.js';
import { wrongUsage } from '../failures.js';
import { explainFile } from '../files.js';
import { withStores } from '../stores/with-stores.js';

export interface ExportFlags extends CommonFlags {
  readonly file?: string;
}

export async function exportToFile(
  this: CliContext,
  flags: ExportFlags,
  url: string,
  contextId: string,
): Promise<void> {
  const exported = await withStores(this, url, (stores) => exportSession(stores, contextId));
  const { agentId, state, history, owner } = exported;
  if (state === null && history.length === 0 && owner === null)
    throw wrongUsage(`There is no session "${contextId}" of the agent "${agentId}".`);
  const text = JSON.stringify(exported, null, 2);
  const { file } = flags;
  if (file === undefined) {
    this.io.stdout.write(`${text}\n`);
    return;
  }
  // For its owner alone: it is what somebody has said.
  const options = { mode: 0o600, flag: 'wx' };
  await writeFile(file, `${text}\n`, options).catch((error: unknown) => {
    throw explainFile(file, error);
  });
  present(this, flags, { agentId, contextId, file }, () => `The session "${contextId}" is in ${file}.`);
}
