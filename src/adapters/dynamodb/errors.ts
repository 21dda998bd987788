import { AgentStoreError, isAgentStoreError } from '../../domain/errors.js';
import { isError } from '../../domain/values/built-in.js';
import { isRecord } from '../../domain/values/objects.js';
import { type Explanation, explainNetwork } from '../network-errors.js';

/** All that a store needs to be allowed. */
const storeActions: readonly string[] = ['GetItem', 'PutItem', 'DeleteItem'];

/** What went wrong in a request, and what to do about it, as the error of a store with the client's as its cause. */
export function toAgentStoreError(
  cause: unknown,
  tableName: string,
  actions: readonly string[] = storeActions,
): AgentStoreError {
  if (isAgentStoreError(cause)) return cause;
  const { name, message: said } = isError(cause) ? cause : new Error('');
  const { code, message } =
    explainNetwork(cause, 'Check the network and the endpoint; retrying may help.') ??
    explain(name, said, tableName, actions);
  return new AgentStoreError(code, message, { cause });
}

function explain(name: string, said: string, tableName: string, actions: readonly string[]): Explanation {
  if (name === 'ValidationException' && /item size/i.test(said))
    return { code: 'TOO_LARGE', message: 'The item is larger than DynamoDB allows. Keep less in the state.' };
  const mistake = explainMistake(name, said, tableName, actions);
  if (mistake !== undefined) return { code: 'CONFIGURATION', message: mistake };
  return { code: 'UNAVAILABLE', message: explainOutage(name, tableName) };
}

/** What somebody has to correct; `undefined` if it is nothing of that kind. */
function explainMistake(
  name: string,
  said: string,
  tableName: string,
  actions: readonly string[],
): string | undefined {
  if (name === 'KMSThrottlingException') return undefined;
  if (/\bkms\b/i.test(said) || name.startsWith('KMS'))
    return `The KMS key of the table "${tableName}" cannot be used. Enable it, and allow kms:Decrypt on it.`;
  switch (name) {
    case 'ResourceNotFoundException':
      return `The table "${tableName}" does not exist in this account and region. Create it, or correct "tableName" or the region.`;
    case 'AccessDeniedException':
      return `Access to the table "${tableName}" is denied. Allow ${actions.map((action) => `dynamodb:${action}`).join(', ')} on it.`;
    case 'UnrecognizedClientException':
    case 'InvalidSignatureException':
    case 'IncompleteSignatureException':
    case 'MissingAuthenticationTokenException':
    case 'ExpiredTokenException':
    case 'CredentialsProviderError':
      return 'The AWS credentials are missing, expired or not accepted. Correct those of the client.';
    case 'ValidationException':
      return explainValidation(said, tableName);
  }
  if (said === 'Region is missing') return "No AWS region is set. Set AWS_REGION, or the client's region.";
  if (said === 'Invalid URL') return 'The endpoint is no URL. It must start with http:// or https://.';
  return undefined;
}

function explainValidation(said: string, tableName: string): string {
  if (/\bindex\b|secondary/i.test(said))
    return `A key of an index of the table "${tableName}" is of another type, or is empty. Correct what "attributes" gives; the cause names the index.`;
  if (/\bkeys?\b/i.test(said))
    return `The table "${tableName}" has another key schema. Correct "partitionKeyName" and "sortKeyName", both of type string.`;
  return 'DynamoDB refused the request as invalid; the cause says why.';
}

/** What passes, by itself or with somebody's help. */
function explainOutage(name: string, tableName: string): string {
  switch (name) {
    case 'KMSThrottlingException':
      return 'The KMS key of the table is throttled. Retry in a while.';
    case 'ProvisionedThroughputExceededException':
    case 'RequestLimitExceeded':
    case 'ThrottlingException':
      return `The table "${tableName}" is throttled. Raise its capacity, or save less often.`;
    case 'TransactionConflictException':
      return 'Somebody else is changing the item in a transaction, and nothing was written. Retry in a while.';
  }
  return 'DynamoDB did not answer as it should. Check the network and the endpoint; retrying may help.';
}

/** The item that DynamoDB hands over with a failed condition, taken off its error: a log must not get it. */
export function takeItem(error: Error): Record<string, unknown> | undefined {
  const item: unknown = Reflect.get(error, 'Item');
  Reflect.deleteProperty(error, 'Item');
  return isRecord(item) ? item : undefined;
}
