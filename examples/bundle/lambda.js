/** What Lambda calls: `handler`, behind a function URL that streams. */
import { createApp } from '@looopy-ai/aws/hono';
import { streamHandle } from 'hono/aws-lambda';
import { agent, agentStore } from './agents.js';

export const handler = streamHandle(createApp({ agent, agentStore }));
