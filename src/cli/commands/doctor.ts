import { AgentStoreError } from '../../domain/errors.js';
import { type CliContext, type CommonFlags, present } from '../context.js';
import type { Finding } from '../doctor/finding.js';
import type { CliIo } from '../io.js';
import type { Color } from '../output/colors.js';
import { formatCount, toCell } from '../output/text.js';
import { parseStoreUrl, type StoreUrl } from '../stores/store-url.js';

const colors: Readonly<Record<Finding['result'], Color>> = {
  ok: 'green',
  warning: 'yellow',
  problem: 'red',
  skipped: 'dim',
};

export async function examine(this: CliContext, flags: CommonFlags, url: string): Promise<void> {
  const findings = await examineStore(parseStoreUrl(url, 'agent-state-check'), this.io);
  const problems = findings.filter(({ result }) => result === 'problem').length;
  present(this, flags, { works: problems === 0, findings }, () =>
    findings
      .map(({ check, result, says }) => {
        return `${this.paint(colors[result], result.padEnd(7))}  ${check.padEnd(22)}  ${toCell(says)}`;
      })
      .join('\n'),
  );
  if (problems === 0) return;
  const message = `The store does not work: ${formatCount(problems, 'problem')}.`;
  throw new AgentStoreError('UNAVAILABLE', message);
}

async function examineStore(url: StoreUrl, { env }: CliIo): Promise<Finding[]> {
  switch (url.kind) {
    case 'dynamodb':
      return (await import('../doctor/examine-dynamodb.js')).examineDynamoDB(url, env);
    case 'redis':
      return (await import('../doctor/examine-redis.js')).examineRedis(url, env);
    case 'memory':
      return (await import('../doctor/examine-memory.js')).examineMemory();
  }
}
