import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));
const measuresFolder = join(root, 'bench/measures');

/** What a measure starts or loads as a program, besides what it imports. */
const programs: Readonly<Record<string, readonly string[]>> = {
  server: ['bench/servers/turn-server.ts'],
  'server-node-22': ['bench/servers/turn-server.ts'],
  'server-node-24': ['bench/servers/turn-server.ts'],
  telemetry: ['bench/servers/turn-server.ts'],
  loading: [
    'src/index.ts',
    'src/hono.ts',
    'src/stores.ts',
    'src/adapters/memory/index.ts',
    'src/adapters/dynamodb/index.ts',
    'src/adapters/redis/index.ts',
    'src/testing/index.ts',
  ],
};

/** The measures import what was built; what it is built of is taken in its place. */
const sources: Plugin = {
  name: 'sources',
  setup({ onResolve }) {
    onResolve({ filter: /\/dist\/.*\.js$/ }, ({ path }) => ({
      path: join(root, path.replace(/^.*\/dist\//, 'src/').replace(/\.js$/, '.ts')),
      sideEffects: false,
    }));
  },
};

/** The names of all measures. */
export function listMeasures(): string[] {
  return readdirSync(measuresFolder).map((file) => parse(file).name);
}

/**
 * A fingerprint of the code that a measure runs, ours and its own: the same whatever is said in comments and in types, and of what is
 * not used.
 */
export async function fingerprintMeasure(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`bench/measures/${name}.ts`, ...(programs[name] ?? [])],
    absWorkingDir: root,
    plugins: [sources],
    bundle: true,
    minify: true,
    write: false,
    outdir: 'fingerprint',
    platform: 'node',
    format: 'esm',
    packages: 'external',
    legalComments: 'none',
    logLevel: 'error',
  });
  const hash = createHash('sha256');
  for (const { text } of outputFiles) hash.update(text).update('\0');
  return hash.digest('hex').slice(0, 16);
}
