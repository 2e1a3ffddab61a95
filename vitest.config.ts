import { configDefaults, defineConfig } from 'vitest/config';

/** Tests wait for states. A limit ends the wait for one that never comes, on a busy machine too. */
export const timeLimits = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 60_000 } },
};

/** `npm test`; with `--mode nightly`, `npm run test:all`. */
export default defineConfig(({ mode }) => {
  const isNightly = mode === 'nightly';
  const nightlyTests = 'test/**/*.nightly.test.ts';
  // Tests of programs and of the local stack: they start processes, and change their own.
  const processTests = [
    'test/{bench,chaos,ops}/**/*.test.ts',
    'test/local/{*.test.ts,aws/**/*.test.ts}',
    'test/infra/{bundle.test.ts,{mutants,runner}/**/*.test.ts}',
    nightlyTests,
  ];
  const exclude = [
    ...configDefaults.exclude,
    // They need programs that not every machine has: npm run test:moto, test:provider, and so on.
    'test/{browser,moto,provider,up,runtime}/**',
    ...(isNightly ? [] : [nightlyTests]),
  ];
  return {
    test: {
      ...timeLimits,
      // Seven times as many runs of a property may take seven times as long.
      ...(isNightly && { testTimeout: 900_000 }),
      maxWorkers: 2,
      env: {
        PROPERTY_RUNS: process.env['PROPERTY_RUNS'] ?? (isNightly ? '2000' : '300'),
        // The same cases each time: a change is not refused for what it has not done. The nightly run draws new ones.
        PROPERTY_SEED: process.env['PROPERTY_SEED'] ?? (isNightly ? '' : '20261130'),
      },
      setupFiles: ['test/property-runs.ts'],
      // As Node itself: a CommonJS module's default export is all of its exports.
      deps: { interopDefault: false },
      projects: [
        {
          extends: true,
          test: {
            name: 'unit',
            include: ['test/**/*.test.ts'],
            exclude: [...exclude, ...processTests],
            pool: 'threads',
            isolate: false,
          },
        },
        {
          extends: true,
          test: { name: 'process', include: processTests, exclude, pool: 'forks' },
        },
      ],
    },
  };
});
