import { defineConfig } from 'vitest/config';
import { timeLimits } from '../../vitest.config.ts';

export default defineConfig({
  test: {
    include: ['test/moto/**/*.test.ts'],
    globalSetup: ['test/moto/global-setup.ts'],
    // There is one server for all files, and a stack that is made there is read by several.
    fileParallelism: false,
    isolate: false,
    ...timeLimits,
    // As Node itself: a CommonJS module's default export is all of its exports.
    deps: { interopDefault: false },
  },
});
