import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/up/**/*.test.ts'],
    globalSetup: ['test/up/global-setup.ts'],
    // Each step needs the one before.
    bail: 1,
    testTimeout: 900_000,
    hookTimeout: 300_000,
    pool: 'forks',
    deps: { interopDefault: false },
  },
});
