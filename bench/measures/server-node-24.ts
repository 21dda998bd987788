import { findNode } from '../find-node.js';
import type { MeasureResult } from '../results.js';
import { measureServerOn } from './server.js';

export async function measureServerOnNode24(): Promise<MeasureResult> {
  const { execPath, version } = await findNode(24);
  return { ...(await measureServerOn(execPath, 1.25)), title: 'The server on Node 24', node: version };
}
