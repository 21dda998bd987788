import { wrongUsage } from '../failures.js';
import { type DynamoDBUrl, parseStoreUrl } from '../stores/store-url.js';

/** Reads the URL of a table, which need not say whose sessions are meant. */
export function parseTableUrl(text: string): DynamoDBUrl {
  const url = parseStoreUrl(text, 'any');
  if (url.kind === 'dynamodb') return url;
  throw wrongUsage('Only DynamoDB has tables: the URL must be dynamodb://<region>/<table>.');
}
