import { type BuildOptions, build } from 'rolldown';

/** The entry points of `package.json`, by their paths in `src` and in `dist`. */
const library = [
  'index',
  'hono',
  'stores',
  'adapters/memory/index',
  'adapters/dynamodb/index',
  'adapters/redis/index',
  'adapters/superjson/index',
  'adapters/tracing/index',
  'lambda/index',
  'testing/index',
];

await build([
  createBuild(library, 'chunks/'),
  // Apart: the files that it loads when it needs them would cut the library into many small ones.
  createBuild(['cli/main'], 'cli/chunks/'),
]);

function createBuild(names: readonly string[], chunks: string): BuildOptions {
  return {
    input: Object.fromEntries(names.map((name) => [name, `src/${name}.ts`])),
    platform: 'node',
    external: /^[^./]/,
    output: {
      dir: 'dist',
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: `${chunks}[name]-[hash].js`,
      sourcemap: true,
      sourcemapExcludeSources: true,
      comments: false,
      // What nearly all entry points share, in one file: each file more takes longer to find and open than to read.
      codeSplitting: {
        groups: [{ name: 'shared', test: /src\/domain\/(?:values\/|[^/]+\.ts)/, minShareCount: 2 }],
      },
    },
  };
}
