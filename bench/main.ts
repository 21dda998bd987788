import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { showInstructions } from './instructions/count.js';
import { measures } from './measures.js';
import { writePlots } from './plots.js';
import { writeReport } from './report.js';

/** What can be asked for by name besides the measures. */
const withoutMeasure = new Set(['report', 'instructions']);
/** The paths that every turn takes. What encodes a state is in those of the stores. */
const hotPaths = ['memory-store', 'redis', 'dynamodb', 'server'];

// Everything, or the measures named; the report is then made anew of all results that there are. With `--quick`, the ratios of the
// hot paths are shown, their instructions too, and nothing is written.
const { values, positionals: named } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const all = values.quick ? hotPaths : Object.keys(measures);
const script = fileURLToPath(new URL('./run-measure.ts', import.meta.url));
for (const name of (named.length > 0 ? named : all).filter((each) => !withoutMeasure.has(each))) {
  process.stdout.write(`${name}\n`);
  const env = {
    ...process.env,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...(values.quick && { BENCH_QUICK: '1' }),
  };
  const child = spawn(process.execPath, ['--import', 'tsx', script, name], { stdio: 'inherit', env });
  const [code] = await once(child, 'exit');
  if (code === 0) continue;
  process.stderr.write(`The measure "${name}" failed; the report has its last result, if any.\n`);
  process.exitCode = 1;
}
if (values.quick && (named.length === 0 || named.includes('instructions'))) {
  process.stdout.write('instructions, which take two to three minutes to count\n');
  await showInstructions();
}
if (!values.quick) {
  await writePlots();
  await writeReport();
}
