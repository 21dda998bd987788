import { AgentStoreError, explainFailure } from '../errors.js';
import { isNothing, readCarried, writeCarried } from './carry-session.js';
import { holdSession, turnRuns } from './hold-session.js';
import { fromExport, type SessionExport, toExport } from './session-export.js';
import { openSessions, type SessionCores, type SessionStores } from './session-stores.js';

/**
 * How to import a session.
 *
 * @example
 * await importSession(stores, exported, { overwrite: true } satisfies ImportOptions);
 */
export interface ImportOptions {
  /**
   * True to put the export in the place of a session that is there: of all of it, also of what the export has nothing of. A running turn
   * is asked to stop. @defaultValue `false`
   */
  readonly overwrite?: boolean;
}

/**
 * All that can be carried of a session, of one moment. Of a session that is not there, it is an export with nothing in it.
 *
 * @example
 * const exported = await exportSession(stores, contextId);
 *
 * @throws AgentStoreError `CORRUPTED` if something of it cannot be read; `UNSERIALIZABLE` if it holds what only a serializer of your own
 * keeps; `UNAVAILABLE` if others change it faster than it can be read.
 */
export async function exportSession(stores: SessionStores, contextId: string): Promise<SessionExport> {
  const cores = openSessions(stores);
  const { agentId, states } = cores;
  try {
    const carried = await readCarried(cores, contextId);
    if (carried === null)
      throw new AgentStoreError(
        'UNAVAILABLE',
        'Others change the session faster than it can be read. Try again.',
      );
    return await toExport(carried, { agentId, contextId }, states.settings.now());
  } catch (error) {
    const failed = `Could not export the session ${JSON.stringify(contextId)}`;
    throw explainFailure(error, failed, { operation: 'exportSession', agentId, contextId });
  }
}

/**
 * Makes a session of an export, under the id that this has, for the agent of the stores. What expires keeps its time; what does not gets that of the stores, if
 * they have one. The state is written last: an import that was interrupted before is run again with `overwrite`.
 *
 * @example
 * await importSession(stores, JSON.parse(await readFile('session.json', 'utf8')));
 *
 * @throws AgentStoreError `CONFLICT` if the session is there, unless `overwrite` is set; `CORRUPTED` if the export cannot be read;
 * `UNAVAILABLE` if a turn of the session goes on.
 */
export async function importSession(
  stores: SessionStores,
  exported: SessionExport,
  { overwrite = false }: ImportOptions = {},
): Promise<void> {
  const cores = openSessions(stores);
  const { agentId } = cores;
  let contextId: string | undefined;
  try {
    const { ids, carried } = await fromExport(exported);
    contextId = ids.contextId;
    const id = contextId;
    const hold = { purpose: 'import', waitSeconds: overwrite ? 60 : 0, stopsTurn: overwrite };
    const isDone = await holdSession(stores, cores, id, hold, async ({ token, requireHeld }) => {
      if (!overwrite) await requireNothing(cores, id);
      await writeCarried(cores, id, token, carried, requireHeld);
      return true;
    });
    if (isDone === null) throw turnRuns();
  } catch (error) {
    const failed =
      contextId === undefined
        ? 'Could not import a session'
        : `Could not import the session ${JSON.stringify(contextId)}`;
    throw explainFailure(error, failed, {
      operation: 'importSession',
      agentId,
      ...(contextId !== undefined && { contextId }),
    });
  }
}

/** @throws AgentStoreError `CONFLICT` if the session is there; one that others change too fast to be read is, too. */
async function requireNothing(cores: SessionCores, contextId: string): Promise<void> {
  const current = await readCarried(cores, contextId);
  if (current !== null && isNothing(current)) return;
  throw new AgentStoreError('CONFLICT', 'The session is there. Set "overwrite" to replace it.');
}
