import { defineConfig } from 'vitest/config';

// Where .ci/run wants the results as data.
const { TEST_REPORT } = process.env;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: TEST_REPORT ? ['default', ['json', { outputFile: TEST_REPORT }]] : ['default'],
    // The SDK's notice about the Node version would be in the output of every test file.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // Only what hangs is stopped: a property runs a thousand times, on any machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    coverage: {
      include: ['src/domain/**', 'src/adapters/**'],
      thresholds: { lines: 100, branches: 100 },
      reporter: ['text-summary', 'html'],
      reportOnFailure: true,
    },
  },
});
