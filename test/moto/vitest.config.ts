import { defineConfig } from 'vitest/config';
import { timeLimits } from '../../vitest.config.ts';

export default defineConfig({
  test: {
    include: ['test/moto/**/*.test.ts'],
    globalSetup: ['test/moto/global-setup.ts'],
    ...timeLimits,
    // As Node itself: a CommonJS module's default export is all of its exports.
    deps: { interopDefault: false },
  },
});
