import { measureBetweenRequests } from './measures/between-requests.js';
import { measureConversation } from './measures/conversation.js';
import { measureDynamoDB } from './measures/dynamodb.js';
import { measureEncoding } from './measures/encoding.js';
import { measureGrowth } from './measures/growth.js';
import { measureHistory } from './measures/history.js';
import { measureHistoryFile } from './measures/history-file.js';
import { measureHistoryRedis } from './measures/history-redis.js';
import { measureHistoryTime } from './measures/history-time.js';
import { measureLoading } from './measures/loading.js';
import { measureMemoryStore } from './measures/memory-store.js';
import { measureRedis } from './measures/redis.js';
import { measureServer } from './measures/server.js';
import { measureServerOnNode22 } from './measures/server-node-22.js';
import { measureServerOnNode24 } from './measures/server-node-24.js';
import { measureTelemetry } from './measures/telemetry.js';
import { measureTurnStores } from './measures/turn-stores.js';
import { measureTurns } from './measures/turns.js';
import type { Measure } from './results.js';

/** Every measure, in the order of the report. */
export const measures: Readonly<Record<string, Measure>> = {
  dynamodb: measureDynamoDB,
  turns: measureTurns,
  redis: measureRedis,
  'between-requests': measureBetweenRequests,
  conversation: measureConversation,
  history: measureHistory,
  'history-time': measureHistoryTime,
  'history-redis': measureHistoryRedis,
  'history-file': measureHistoryFile,
  encoding: measureEncoding,
  'memory-store': measureMemoryStore,
  server: measureServer,
  'server-node-22': measureServerOnNode22,
  'server-node-24': measureServerOnNode24,
  telemetry: measureTelemetry,
  'turn-stores': measureTurnStores,
  loading: measureLoading,
  growth: measureGrowth,
};
