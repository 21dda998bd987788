import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

// Run under valgrind, which counts when it is told: the file of a path, who takes it, how often before, and how often then.
const [file = '', name = '', warmUpCalls, countedCalls] = process.argv.slice(2);
// Each path is loaded alone: with more in memory, a collection takes longer.
const contenders: Readonly<Record<string, () => () => unknown>> = await import(pathToFileURL(file).href);
const run = contenders[name]?.();
if (run === undefined) throw new RangeError(`There is no contender "${name}" in ${file}.`);
for (let calls = Number(warmUpCalls); calls > 0; calls--) await run();
await startCounting();
for (let calls = Number(countedCalls); calls > 0; calls--) await run();
process.exit();

async function startCounting(): Promise<void> {
  const control = spawn('callgrind_control', ['--instr=on', String(process.pid)], { stdio: 'inherit' });
  const exited = once(control, 'exit');
  // Valgrind looks for what it is told while the program runs, and not while it waits.
  while (control.exitCode === null && control.signalCode === null) await setImmediate();
  const [code] = await exited;
  if (code !== 0) throw new Error(`callgrind_control failed with ${code}.`);
}
