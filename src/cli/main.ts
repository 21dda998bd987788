#!/usr/bin/env node
import { run } from './run.js';

// The SDK's notice about the Node version: it would be among what a command says.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const signals = ['SIGINT', 'SIGTERM'] as const;
const controller = new AbortController();
const abort = (signal: NodeJS.Signals) => controller.abort(signal);
// The second signal ends the process at once.
for (const signal of signals) process.once(signal, abort);

// Whoever has read enough closes the pipe: `looopy-aws sessions list … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const { argv, stdin, stdout, stderr, env } = process;
process.exitCode = await run(argv.slice(2), { stdin, stdout, stderr, env, signal: controller.signal });
// From now on there is nothing to stop, and nobody to listen.
for (const signal of signals) process.off(signal, abort);
// What a request still waits for no longer matters.
if (controller.signal.aborted) process.exit();
