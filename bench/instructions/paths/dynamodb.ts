import { DynamoDBAgentStore } from '../../../dist/adapters/dynamodb/index.js';
import { createConditionalItem } from '../../rivals/conditional-item.js';
import { createPlainState } from '../../states.js';
import { createInProcessDynamoDB } from '../in-process-dynamodb.js';
import { saveAndLoad } from '../save-and-load.js';

const state = createPlainState(2_000);

export const ours = () => {
  const documentClient = createInProcessDynamoDB();
  return saveAndLoad(new DynamoDBAgentStore({ agentId: 'bench', tableName: 'table', documentClient }), state);
};

export const withCondition = () =>
  createConditionalItem(createInProcessDynamoDB(), 'table', JSON.parse(JSON.stringify(state)));
