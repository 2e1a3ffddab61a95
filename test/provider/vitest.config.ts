import { defineConfig } from 'vitest/config';

/** `npm run test:provider`; with `--mode nightly` for all stacks. */
export default defineConfig(({ mode }) => ({
  test: {
    include: ['test/provider/**/*.test.ts'],
    exclude: mode === 'nightly' ? [] : ['**/*.nightly.test.ts'],
    globalSetup: ['test/provider/global-setup.ts'],
    // The provider waits for AWS's queues: 25 seconds for each of their policies.
    testTimeout: 900_000,
    hookTimeout: 300_000,
    // There is one moto for all files.
    fileParallelism: false,
    pool: 'forks',
    // As Node itself: a CommonJS module's default export is all of its exports.
    deps: { interopDefault: false },
  },
}));
