import type { SessionPage, SessionSummary } from '../../domain/sessions/session-list.js';
import { type CliContext, type CommonFlags, present } from '../context.js';
import { Progress } from '../output/progress.js';
import { formatBytes, formatTable } from '../output/text.js';
import { withStores } from '../stores/with-stores.js';

export interface ListFlags extends CommonFlags {
  readonly limit?: number;
}

const pageSize = 100;

export async function listSessions(this: CliContext, flags: ListFlags, url: string): Promise<void> {
  const { limit = Number.POSITIVE_INFINITY } = flags;
  const progress = new Progress(this.io);
  const found = await withStores(this, url, async ({ agentId, agentStore }) => {
    const sessions: SessionSummary[] = [];
    let after: string | undefined;
    do {
      const rest = limit - sessions.length;
      const page: SessionPage = await agentStore.listSessions({ after, limit: Math.min(pageSize, rest) });
      sessions.push(...page.sessions);
      progress.show('Listing sessions:', sessions.length);
      after = page.next;
    } while (after !== undefined && sessions.length < limit);
    return { agentId, sessions };
  }).finally(() => progress.end());
  present(this, flags, found, () =>
    found.sessions.length === 0 ? `The agent "${found.agentId}" has no sessions.` : toTable(found.sessions),
  );
}

function toTable(sessions: readonly SessionSummary[]): string {
  const rows = sessions.map(({ contextId, status, updatedAt, bytes, expiresAt }) => [
    contextId,
    status,
    updatedAt.toISOString(),
    formatBytes(bytes),
    expiresAt?.toISOString() ?? 'never',
  ]);
  return formatTable(['SESSION', 'STATUS', 'LAST ACTIVE', 'SIZE', 'EXPIRES'], rows);
}
