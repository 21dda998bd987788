/**
 * Loaded before the program, by `node --import ./telemetry.js main.js`: the AWS distribution of OpenTelemetry, set up by the
 * environment.
 *
 * It instruments modules as they are loaded. Those that are imported it only gets to see through a hook, which has to be
 * registered by a module of one's own: to give the hook itself to `--import` does nothing.
 */
import { register } from 'node:module';

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);

const others = process.listeners('SIGTERM');
await import('@aws/aws-distro-opentelemetry-node-autoinstrumentation/register');

// At SIGTERM it would stop exporting at once, and lose the turns that end after that. `serve` lets them end, and has all sent.
for (const listener of process.listeners('SIGTERM')) {
  if (!others.includes(listener)) process.off('SIGTERM', listener);
}
