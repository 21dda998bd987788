import type { CallMeter } from '../../domain/call-meter.js';
import { isRecord } from '../../domain/values/objects.js';

/**
 * Asks DynamoDB to tell what a request is charged for, if somebody wants to know.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ConsumedCapacity.html
 */
export function askCapacity(meter: CallMeter | undefined) {
  return meter && { ReturnConsumedCapacity: 'TOTAL' as const };
}

/** The units that an answer tells of; `undefined` if it does not. */
export function readCapacity(output: Readonly<Record<string, unknown>>): number | undefined {
  const { ConsumedCapacity: consumed } = output;
  return isRecord(consumed) && typeof consumed.CapacityUnits === 'number'
    ? consumed.CapacityUnits
    : undefined;
}
