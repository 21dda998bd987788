import { toAgentStoreError } from '../../adapters/dynamodb/errors.js';

/** What came of a request that the doctor has sent. */
export type Attempt<Output> =
  | { readonly output: Output }
  | { readonly refusal: { readonly name: string; readonly says: string } };

/**
 * Sends a request to DynamoDB, and explains a failure.
 *
 * @param action - What has to be allowed for it, such as `'GetItem'`.
 */
export async function attempt<Output>(
  request: Promise<Output>,
  tableName: string,
  action: string,
): Promise<Attempt<Output>> {
  try {
    return { output: await request };
  } catch (error) {
    const says = toAgentStoreError(error, tableName, [action]).message;
    return { refusal: { name: String(Reflect.get(Object(error), 'name')), says } };
  }
}
