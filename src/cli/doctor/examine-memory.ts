import { type Finding, ok, warning } from './finding.js';

export async function examineMemory(): Promise<Finding[]> {
  return [
    ok('store', 'It always works.'),
    warning('persistence', 'Nothing outlives the process. Name a table or a Redis to keep sessions.'),
  ];
}
