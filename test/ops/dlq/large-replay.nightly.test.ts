import { expect, it } from 'vitest';
import { interruptAndContinue } from './process-replay.ts';

it('a replay of 10,000 dead letters shows progress, stops at Ctrl-C, continues, and audits all', async () => {
  const { stderr } = await interruptAndContinue(10_000, 1000, (text) => text.includes('Replaying'));
  expect(stderr).toMatch(/^Replaying \d+ of 10000 {2}\d+\/s {2}.+ left/m);
}, 600_000);
