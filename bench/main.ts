import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { measures } from './measures.js';
import { writePlots } from './plots.js';
import { writeReport } from './report.js';

// Everything, or the measures named; the report is then made anew of all results that there are.
const named = process.argv.slice(2);
const chosen = named.length > 0 ? named : Object.keys(measures);
const script = fileURLToPath(new URL('./run-measure.ts', import.meta.url));
for (const name of chosen.filter((each) => each !== 'report')) {
  process.stdout.write(`${name}\n`);
  const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
  const child = spawn(process.execPath, ['--import', 'tsx', script, name], { stdio: 'inherit', env });
  const [code] = await once(child, 'exit');
  if (code === 0) continue;
  process.stderr.write(`The measure "${name}" failed; the report has its last result, if any.\n`);
  process.exitCode = 1;
}
await writePlots();
await writeReport();
