import { expect, it } from 'vitest';
import { checkRequests, newProgress } from '../../tools/hostile/run.ts';
import { runs } from '../property-runs.ts';
import { checkRequest } from './check.ts';

/** Another one each night. `npm run hostile -- --seed` repeats it. */
const seed = Number(process.env['PROPERTY_SEED'] || Math.floor(Math.random() * 1e9));

/** 50,000 in `npm run test:all`. */
const count = runs(1) < 2000 ? 2000 : 50_000;

it(`hostile requests of seed ${seed} give no 5xx, no crash, and nothing on the queue that is not genuine`, async () => {
  const progress = newProgress(seed);
  const check = (index: number) => checkRequest(seed, index);
  await checkRequests(progress, count, check, () => {}, new AbortController().signal);
  expect(progress.failures).toEqual([]);
  expect(progress.next).toBe(count);
  // The generator reaches every outcome.
  for (const status of [200, 202, 204, 400, 401, 404, 405, 415, 422]) {
    expect([status, (progress.statuses[status] ?? 0) > count / 1000]).toEqual([status, true]);
  }
});
