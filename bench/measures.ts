import { measureDynamoDB } from './measures/dynamodb.js';
import { measureEncoding } from './measures/encoding.js';
import { measureGrowth } from './measures/growth.js';
import { measureLoading } from './measures/loading.js';
import { measureMemoryStore } from './measures/memory-store.js';
import { measureTurns } from './measures/turns.js';
import type { Measure } from './results.js';

/** Every measure, in the order of the report. */
export const measures: Readonly<Record<string, Measure>> = {
  dynamodb: measureDynamoDB,
  turns: measureTurns,
  encoding: measureEncoding,
  'memory-store': measureMemoryStore,
  loading: measureLoading,
  growth: measureGrowth,
};
