import { findNode } from '../find-node.js';
import type { MeasureResult } from '../results.js';
import { measureServerOn } from './server.js';

export async function measureServerOnNode22(): Promise<MeasureResult> {
  const { execPath, version } = await findNode(22);
  return { ...(await measureServerOn(execPath)), title: 'The server on Node 22', node: version };
}
