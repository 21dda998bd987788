import type { Expectation } from '../../domain/record-store.js';
import type { AttributeValue } from './attribute-value.js';
import type { ItemLayout } from './item.js';
import { ownNames } from './own-names.js';
import { isUnrevised, updatedAtOfUnrevised } from './unrevised.js';

/** The part of a `PutItem` or a `DeleteItem` that says what must be stored for it to take place. */
export interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, AttributeValue>;
  /** Asks DynamoDB to hand over the item that is in the way of a refused write. */
  readonly ReturnValuesOnConditionCheckFailure: 'ALL_OLD';
}

const isNotFenced = '(attribute_not_exists(#token) OR #token <= :token)';
const isGone = 'attribute_not_exists(#pk) OR #ttl <= :now';

/**
 * A condition for an item that has not expired. One whose expiry has another type is not ours, and is not replaced. Some engines
 * are slow to parse parentheses, so there are none.
 */
function whileLive(condition: string): string {
  return `${condition} AND attribute_not_exists(#ttl) OR ${condition} AND #ttl > :now`;
}

export function toCondition(expected: Expectation, layout: ItemLayout): Condition {
  const { absent, revisions, now, token } = expected;
  const names: Record<string, string> = { '#ttl': layout.ttlAttributeName };
  const values: Record<string, AttributeValue> = { ':now': { N: String(Math.floor(now / 1000)) } };
  const alternatives: string[] = [];
  if (absent) {
    names['#pk'] = layout.partitionKeyName;
    alternatives.push(isGone);
  }
  revisions.forEach((revision, index) => {
    const value = `:revision${index}`;
    names['#revision'] = ownNames.revision;
    if (!isUnrevised(revision)) {
      values[value] = { S: revision };
      alternatives.push(whileLive(`#revision = ${value}`));
      return;
    }
    const updatedAt = updatedAtOfUnrevised(revision);
    names['#updatedAt'] = ownNames.updatedAt;
    if (updatedAt !== undefined) values[value] = updatedAt;
    const isUnchanged =
      updatedAt === undefined ? 'attribute_not_exists(#updatedAt)' : `#updatedAt = ${value}`;
    const isSeen = `attribute_not_exists(#revision) AND ${isUnchanged}`;
    // The releases that wrote no revision wrote an expiry that is not used as NULL.
    alternatives.push(`${whileLive(isSeen)} OR ${isSeen} AND attribute_type(#ttl, :null)`);
    values[':null'] = { S: 'NULL' };
  });
  const isExpected = alternatives.join(' OR ');
  if (token !== undefined) {
    names['#token'] = ownNames.token;
    values[':token'] = { N: String(token) };
  }
  return {
    ConditionExpression: token === undefined ? isExpected : `(${isExpected}) AND ${isNotFenced}`,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
}
