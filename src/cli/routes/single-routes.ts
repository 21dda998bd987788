import { buildCommand } from '@stricli/core';
import { commonFlags, parsePort, urlParameter, withExamples } from './parameters.js';

export const serveRoute = buildCommand({
  loader: async () => (await import('../commands/serve.js')).serveLocally,
  parameters: {
    flags: {
      ...commonFlags,
      store: {
        kind: 'parsed',
        parse: String,
        brief: 'The URL of the store',
        placeholder: 'URL',
        default: 'memory:',
      },
      port: {
        kind: 'parsed',
        parse: parsePort,
        brief: 'Where it listens; 0 takes a free port',
        default: '8080',
      },
      host: { kind: 'parsed', parse: String, brief: 'The address that it listens at', default: '127.0.0.1' },
    },
  },
  docs: withExamples(
    'Runs a server with a small agent, to try a store with',
    'The agent repeats what it is told. "ask" and a question has it ask the question back and wait, in this process or a later one; "recall" has it repeat the conversation.',
    'serve',
    "serve --store 'redis://localhost:6379?agentId=demo' --port 3000",
  ),
});

export const doctorRoute = buildCommand({
  loader: async () => (await import('../commands/doctor.js')).examine,
  parameters: { flags: commonFlags, positional: { kind: 'tuple', parameters: [urlParameter] } },
  docs: withExamples(
    'Finds out what keeps a store from working',
    'Looks at the endpoint, the credentials, the table and its expiry, each permission, the clock, and the settings of Redis that lose data. It writes nothing. The exit code is 0 unless something keeps the store from working.',
    "doctor 'dynamodb://us-east-1/agent-state?agentId=support'",
    "doctor 'redis://localhost:6379?agentId=support' --json",
  ),
});

export const completionRoute = buildCommand({
  loader: async () => (await import('../commands/completion.js')).printCompletion,
  parameters: {
    flags: commonFlags,
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'bash, zsh or fish', placeholder: 'SHELL', parse: String }],
    },
  },
  docs: withExamples(
    'Prints what makes a shell complete commands',
    'Put it where your shell reads it when it starts.',
    'completion bash >> ~/.bashrc',
    'completion zsh >> ~/.zshrc',
    'completion fish > ~/.config/fish/completions/looopy-aws.fish',
  ),
});
