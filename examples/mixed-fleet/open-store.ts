/**
 * A table that processes of an earlier release still use, while they are replaced one by one.
 *
 * Shows the two deployments: first this release beside the earlier one, writing only what that one can read; then, when the
 * last process of the earlier release has ended, without `EARLIER_RELEASES`. No item needs to be moved: each changes over
 * with its next save.
 */
import { DynamoDBAgentStore, type DynamoDBSender } from '../../src/stores.js';

export interface FleetOptions {
  readonly documentClient: DynamoDBSender;
  readonly tableName: string;
  readonly agentId: string;
}

export function openStore(
  options: FleetOptions,
  { EARLIER_RELEASES: earlierReleases }: Readonly<Record<string, string | undefined>>,
): DynamoDBAgentStore {
  return new DynamoDBAgentStore({
    ...options,
    // Earlier releases read native maps only, whatever their size.
    compression: earlierReleases === 'running' ? 'off' : 'auto',
    // Theirs; both must agree on when a session has expired.
    ttlAttributeName: 'expires',
  });
}
