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
  const { name, message } = isError(cause) ? cause : new Error('');
  const explanation =
    explainNetwork(cause, 'Check the network and the endpoint; retrying may help.') ??
    explain(name, message, tableName, actions);
  return new AgentStoreError(explanation.code, explanation.message, { cause });
}

function explain(name: string, message: string, tableName: string, actions: readonly string[]): Explanation {
  if (/\bkms\b/i.test(message) || name.startsWith('KMS')) return explainKms(name, tableName);
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
    case 'TransactionConflictException':
      return unavailable(
        'Somebody else is changing the item in a transaction, and nothing was written. Retry in a while.',
      );
    case 'ValidationException':
      return explainValidation(message, tableName);
  }
  if (message === 'Region is missing')
    return configuration("No AWS region is set. Set AWS_REGION, or the client's region.");
  if (message === 'Invalid URL')
    return configuration('The endpoint is no URL. It must start with http:// or https://.');
  return unavailable(
    'DynamoDB did not answer as it should. Check the network and the endpoint; retrying may help.',
  );
}

function explainValidation(message: string, tableName: string): Explanation {
  if (/\bindex\b|secondary/i.test(message)) {
    return configuration(
      `A key of an index of the table "${tableName}" is of another type, or is empty. Correct what "attributes" gives; the cause names the index.`,
    );
  }
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

function explainKms(name: string, tableName: string): Explanation {
  if (name === 'KMSThrottlingException')
    return unavailable('The KMS key of the table is throttled. Retry in a while.');
  return configuration(
    `The KMS key of the table "${tableName}" cannot be used. Enable it, and allow kms:Decrypt on it.`,
  );
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
