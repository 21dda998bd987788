/** What AgentCore Runtime starts: a server on port 8080. */
import { serve } from '@looopy-ai/aws';
import { agent, agentStore } from './agents.js';

const { PORT = '8080' } = process.env;

// Not awaited: CommonJS has no `await` outside of functions. A server that cannot listen ends the process all the same.
serve({ agent, agentStore, port: Number(PORT) }).then(({ port }) => console.log(`Listening on port ${port}`));
