import { serve } from '../../src/index.js';
import { type ChosenStore, chooseStore } from './choose-store.js';
import { createDemoAgent } from './demo-agent.js';
import { readSettings, requireNode } from './settings.js';
import { explainStartup } from './startup-error.js';

const agentId = 'demo';

// The SDK's notice about the Node version: the installed SDK works with it, and its version is pinned.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

try {
  await start();
} catch (error) {
  const explanation = explainStartup(error);
  if (explanation === undefined) throw error;
  console.error(explanation);
  process.exit(1);
}

async function start(): Promise<void> {
  requireNode(process.versions.node);
  const settings = readSettings(process.env);
  const store = await chooseStore(settings, agentId);
  const { agentStore, messageStore } = store;
  const server = await serve({
    agent: (contextId, { agentStore }) => createDemoAgent({ agentId, contextId, agentStore, messageStore }),
    agentStore,
    port: settings.port,
    hostname: '127.0.0.1',
  });
  announce(server.port, store);
  const stop = async () => {
    await server.close();
    await store.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
}

function announce(port: number, store: ChosenStore): void {
  const url = `http://localhost:${port}/invocations`;
  const session = `-H 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id: demo'`;
  console.log(`Listening on http://localhost:${port} (process ${process.pid})
Store: ${store.description}

Send a prompt, "ask" and a question, or "recall" to hear what was said:
  curl -N ${url} ${session} -d '{"prompt":"hello"}'
Look at the session:
  curl ${url} ${session}
`);
}
