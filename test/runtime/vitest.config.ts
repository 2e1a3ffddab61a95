import { defineConfig } from 'vitest/config';
import { timeLimits } from '../../vitest.config.ts';

export default defineConfig({
  test: {
    include: ['test/runtime/**/*.test.ts'],
    globalSetup: ['test/runtime/global-setup.ts'],
    ...timeLimits,
    // As Node itself: a CommonJS module's default export is all of its exports.
    deps: { interopDefault: false },
  },
});
