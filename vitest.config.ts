import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need moto's server: npm run test:moto.
    exclude: [...configDefaults.exclude, 'test/moto/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // As Node itself: a CommonJS module's default export is all of its exports.
    deps: { interopDefault: false },
  },
});
