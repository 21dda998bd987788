import { describe } from 'vitest';
import { startExample } from '../example-process.js';
import { testApproval } from './approval-tests.js';
import { eventStream } from './event-stream-wire.js';

describe('a loop over the Converse API of Amazon Bedrock, with its own client', () => {
  const start = (env: Readonly<Record<string, string>>) =>
    startExample('examples/bedrock-converse/main.ts', env);
  testApproval(() => ({ start, wire: eventStream }));
});
