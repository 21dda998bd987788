import { AgentStoreError, type AgentStoreErrorCode, isAgentStoreError } from '../../domain/errors.js';
import { isError } from '../../domain/values/built-in.js';
import { isRecord } from '../../domain/values/objects.js';

interface Explanation {
  readonly code: AgentStoreErrorCode;
  readonly message: string;
}

/** All that a store needs to be allowed. */
const storeActions: readonly string[] = ['GetItem', 'PutItem', 'DeleteItem'];

/** What went wrong in a request, and what to do about it, as the error of a store with the client's as its cause. */
export function toAgentStoreError(
  cause: unknown,
  tableName: string,
  actions: readonly string[] = storeActions,
): AgentStoreError {
  if (isAgentStoreError(cause)) return cause;
  const { name, message } = isError(cause) ? cause : new Error('');
  const { code, message: explanation } = explain(name, message, tableName, actions);
  return new AgentStoreError(code, explanation, { cause });
}

function explain(name: string, message: string, tableName: string, actions: readonly string[]): Explanation {
  switch (name) {
    case 'ResourceNotFoundException':
      return configuration(
        `The table "${tableName}" does not exist in this account and region. Create it, or correct "tableName" or the region.`,
      );
    case 'AccessDeniedException':
      return configuration(
        `Access to the table "${tableName}" is denied. Allow ${actions.map((action) => `dynamodb:${action}`).join(', ')} on it.`,
      );
    case 'UnrecognizedClientException':
    case 'InvalidSignatureException':
    case 'IncompleteSignatureException':
    case 'MissingAuthenticationTokenException':
    case 'ExpiredTokenException':
    case 'CredentialsProviderError':
      return configuration(
        'The AWS credentials are missing, expired or not accepted. Correct those of the client.',
      );
    case 'ProvisionedThroughputExceededException':
    case 'RequestLimitExceeded':
    case 'ThrottlingException':
      return unavailable(`The table "${tableName}" is throttled. Raise its capacity, or save less often.`);
    case 'ValidationException':
      return explainValidation(message, tableName);
  }
  if (message === 'Region is missing')
    return configuration("No AWS region is set. Set AWS_REGION, or the client's region.");
  return unavailable(
    'DynamoDB did not answer as it should. Check the network and the endpoint; retrying may help.',
  );
}

function explainValidation(message: string, tableName: string): Explanation {
  if (/\bkeys?\b/i.test(message)) {
    return configuration(
      `The table "${tableName}" has another key schema. Correct "partitionKeyName" and "sortKeyName", both of type string.`,
    );
  }
  if (/item size/i.test(message)) {
    return { code: 'TOO_LARGE', message: 'The item is larger than DynamoDB allows. Keep less in the state.' };
  }
  return configuration('DynamoDB refused the request as invalid; the cause says why.');
}

function configuration(message: string): Explanation {
  return { code: 'CONFIGURATION', message };
}

function unavailable(message: string): Explanation {
  return { code: 'UNAVAILABLE', message };
}

/** The item that DynamoDB hands over with a failed condition, taken off its error: a log must not get it. */
export function takeItem(error: Error): Record<string, unknown> | undefined {
  const item: unknown = Reflect.get(error, 'Item');
  Reflect.deleteProperty(error, 'Item');
  return isRecord(item) ? item : undefined;
}
