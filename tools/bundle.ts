import { readFileSync } from 'node:fs';
import { type BuildOptions, build } from 'rolldown';

const { exports }: { readonly exports: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync('package.json', 'utf8'),
);

/** The entry points, by their paths in `src` and in `dist`. */
const library = new Set(
  Object.values(exports).flatMap((path) => /^\.\/dist\/(.*)\.js$/.exec(path)?.[1] ?? []),
);

await build([
  createBuild([...library], 'chunks/'),
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
