import { defineConfig } from 'vitest/config';
import { timeLimits } from '../../vitest.config.ts';
import { findBrowser } from './browser.ts';

const hasBrowser = findBrowser() !== undefined;

if (!hasBrowser) {
  console.warn(
    'No Chromium on this machine: the browser tests are skipped and NOTHING WAS CHECKED.\n' +
      'Install it (Debian: apt-get install chromium), or name one: CHROMIUM=/path npm run test:browser.',
  );
}

export default defineConfig({
  test: {
    ...timeLimits,
    include: hasBrowser ? ['test/browser/**/*.test.ts'] : [],
    passWithNoTests: true,
    maxWorkers: 1,
    // As Node itself: a CommonJS module's default export is all of its exports.
    deps: { interopDefault: false },
  },
});
