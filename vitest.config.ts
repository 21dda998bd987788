import { configDefaults, defineConfig } from 'vitest/config';

const { TEST_REPORT, FC_RUNS = '25' } = process.env;

/** What installs packages, starts programs, sends 100 MB or waits for a time-out. Every other file is a unit test, one added tomorrow too. */
const slowTests = [
  'test/package/**',
  'test/api-reference.test.ts',
  'test/cli/{command-line-page,redis}.test.ts',
  'test/examples/{by-hand,container,dynamodb,lambda,local-server,production-page,readme,redis,swap-in-tests,tracing,warm-up}.test.ts',
  'test/examples/frameworks/**',
  'test/contract/{dynamodb,other-runners,redis}.test.ts',
  'test/redis/{clients,cluster,deadlines,header,outages,refusals,script,stored-values,messages}.test.ts',
  'test/lambda/handler.test.ts',
  'test/messages/killed.test.ts',
  'test/tracing/redis.test.ts',
  'test/server/{abuse,exchanges,{ids-clone,warm-up}.linux,shutdown,turn-processes}.test.ts',
];

export default defineConfig(({ mode }) => ({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      // What only Linux can do is tested there, always.
      ...(process.platform === 'linux' ? [] : ['**/*.linux.test.ts']),
      ...(mode === 'unit' ? slowTests : []),
    ],
    // A process of its own for each file takes longer than what most of them test.
    isolate: mode !== 'unit',
    maxWorkers: '100%',
    // TEST_REPORT says where .ci/run wants the results as data.
    reporters: TEST_REPORT ? ['default', ['json', { outputFile: TEST_REPORT }]] : ['default'],
    env: {
      // The SDK's notice about the Node version would be in the output of every test file.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      ...(mode === 'unit' && { FC_RUNS, TEST_BACKENDS: 'in-process' }),
    },
    // Only what hangs is stopped: a property runs a thousand times, on any machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    coverage: {
      include: ['src/**'],
      // How a process begins and ends: they only run in processes of their own, whose lines are not counted.
      exclude: ['src/server/process/process-end.ts', 'src/cli/main.ts'],
      thresholds: {
        'src/!(server)/**': { lines: 100, branches: 100 },
        'src/server/**': { lines: 98, branches: 94 },
      },
      reporter: ['text-summary', 'html'],
      reportOnFailure: true,
    },
  },
}));
