/** What Lambda calls: `handler`, behind a function URL that streams. */
import { createLambdaHandler } from '@looopy-ai/aws/lambda';
import { agent, agentStore } from './agents.js';

export const handler = createLambdaHandler({ agent, agentStore });
