import { defaultSerializer } from '../../domain/default-serializer.js';
import type { StateIds } from '../../domain/key-schema.js';
import { AnnotatedData, type SerializedData } from '../../domain/values/plain-data.js';

/** A state or messages as plain JSON for reading: a date is ISO text, a map a list of pairs. */
export async function toPlainJson(value: Record<string, unknown>, ids: StateIds): Promise<SerializedData> {
  const serialized = await defaultSerializer.serialize(value, ids);
  return serialized instanceof AnnotatedData ? serialized.data : serialized;
}
