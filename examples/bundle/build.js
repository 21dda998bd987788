/**
 * Makes four folders in `dist/`, each ready to be zipped: AgentCore Runtime and Lambda, as an ES module and as CommonJS.
 * One of the two formats is enough; which one is a matter of taste.
 */
import { writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

// The AWS SDK and pino are CommonJS, and call a `require` that an ES module does not have: "Dynamic require of … is not
// supported". The name of the import is one that no bundled code has.
const banner =
  "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);";

async function bundle(entryPoint, format, outfile) {
  await build({
    entryPoints: [entryPoint],
    outfile,
    format,
    bundle: true,
    platform: 'node',
    target: 'node22',
    minify: true,
    ...(format === 'esm' && { banner: { js: banner } }),
  });
}

// AgentCore Runtime starts a `.js` file; what it is, the package.json beside it says.
for (const [format, type] of Object.entries({ esm: 'module', cjs: 'commonjs' })) {
  await bundle('agentcore.js', format, `dist/agentcore-${format}/main.js`);
  await writeFile(`dist/agentcore-${format}/package.json`, JSON.stringify({ type }));
}
await bundle('lambda.js', 'esm', 'dist/lambda-esm/index.mjs');
await bundle('lambda.js', 'cjs', 'dist/lambda-cjs/index.cjs');
