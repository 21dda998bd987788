import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { AgentState } from '../../dist/domain/agent-state.js';
import type { CountingTable } from '../counting-table.js';

/** The obvious store: the state as a native map with its dates as text, written whole at each save. */
export class NativeMapStore {
  readonly #table: CountingTable;

  constructor(table: CountingTable) {
    this.#table = table;
  }

  async save(contextId: string, state: AgentState): Promise<void> {
    const data: unknown = JSON.parse(JSON.stringify(state));
    const updatedAt = new Date().toISOString();
    const Item = marshall({
      pk: 'agent#bench',
      sk: `context#${contextId}`,
      entityType: 'agent-state',
      updatedAt,
      state: data,
    });
    await this.#table.send(new PutItemCommand({ TableName: 'bench', Item }));
  }

  async load(contextId: string): Promise<unknown> {
    const Key = marshall({ pk: 'agent#bench', sk: `context#${contextId}` });
    const output = await this.#table.send(new GetItemCommand({ TableName: 'bench', Key }));
    return unmarshall(Object(Reflect.get(output, 'Item'))).state;
  }
}
