import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // As Node itself: a CommonJS module's default export is all of its exports.
    deps: { interopDefault: false },
  },
});
