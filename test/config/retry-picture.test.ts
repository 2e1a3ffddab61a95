import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { drawRetries, retriesPicture } from '../../docs/draw-retries.ts';

it('the picture of the retries is what the code does: `npm run draw` draws it again', () => {
  expect(readFileSync(retriesPicture, 'utf8')).toBe(drawRetries());
});
