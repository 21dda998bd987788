import { SuperJSON, type SuperJSONResult } from 'superjson';
import { restoreDates } from '../../domain/default-serializer.js';
import { requireKnownOptions } from '../../domain/options.js';
import type { StateSerializer } from '../../domain/state-serializer.js';
import { copyPlainData, refusedKeys } from '../../domain/values/encode.js';
import { kindOf } from '../../domain/values/kinds.js';
import { takeApart } from '../../domain/values/parts.js';
import { formatStep } from '../../domain/values/path.js';
import { AnnotatedData } from '../../domain/values/plain-data.js';
import { findDifferenceOfCopy } from '../../domain/values/same-value.js';
import { maxDepth, unserializable } from '../../domain/values/walk.js';

/**
 * What `createSuperjsonSerializer` takes.
 *
 * @example
 * const options: SuperjsonSerializerOptions = { superjson: new SuperJSON({ dedupe: true }) };
 * const serializer = createSuperjsonSerializer(options);
 */
export interface SuperjsonSerializerOptions {
  /** The instance that your classes and custom types are registered with. @defaultValue one that knows none */
  readonly superjson?: SuperJSON;
}

/**
 * A serializer on the superjson package, for states that hold instances of your own classes: register them, and they come
 * back as what they were.
 *
 * It reads each state again before the state is stored. What superjson would lose or change is `UNSERIALIZABLE`, with the
 * path; docs/schema.md lists what that is.
 *
 * @example
 * const superjson = new SuperJSON();
 * superjson.registerClass(Money, { identifier: 'Money' });
 * const serializer = createSuperjsonSerializer({ superjson });
 * const agentStore = new DynamoDBAgentStore({ tableName: 'agent-state', agentId: 'support', serializer });
 */
export function createSuperjsonSerializer(options: SuperjsonSerializerOptions = {}): StateSerializer {
  requireKnownOptions(options, { superjson: true });
  const { superjson = new SuperJSON() } = options;
  return {
    copiesState: true,
    serialize(state) {
      const { written, read } = writeAndRead(superjson, state);
      const difference = findDifferenceOfCopy(read, state, 'state');
      if (difference !== null) throw unserializable(difference, 'after superjson has written and read it');
      return new AnnotatedData(copyPlainData(written.json, 'state'), copyPlainData(written.meta, 'meta'));
    },
    deserialize(stored) {
      if (!(stored instanceof AnnotatedData)) return restoreDates(stored);
      return superjson.deserialize({ json: stored.data, meta: stored.notes } as SuperJSONResult);
    },
  };
}

/** @throws AgentStoreError `UNSERIALIZABLE`, with the path, for what superjson refuses to write, or cannot read again. */
function writeAndRead(superjson: SuperJSON, state: unknown): { written: SuperJSONResult; read: unknown } {
  const attempt = (value: unknown) => {
    const written = superjson.serialize(value);
    return { written, read: superjson.deserialize(written) };
  };
  try {
    return attempt(state);
  } catch (cause) {
    // Too deep for the stack: no part of it is to blame.
    const path = cause instanceof RangeError ? 'state' : findFailing(attempt, state, 'state');
    throw unserializable(path, 'cannot be written and read by superjson', cause);
  }
}

/** The path to the innermost part that an attempt fails with: superjson does not say where it failed. */
function findFailing(attempt: (value: unknown) => void, value: unknown, path: string, depth = 0): string {
  if (typeof value !== 'object' || value === null || depth > maxDepth) return path;
  const { parts } = takeApart(value, kindOf(value));
  for (const [words, part] of parts) {
    if (doesFail(attempt, part)) return findFailing(attempt, part, `${path}${words}`, depth + 1);
  }
  return path + (refusedKeys.map(formatStep).find((words) => parts.has(words)) ?? '');
}

function doesFail(attempt: (value: unknown) => void, value: unknown): boolean {
  try {
    attempt(value);
    return false;
  } catch {
    return true;
  }
}
