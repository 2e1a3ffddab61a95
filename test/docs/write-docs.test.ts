import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { documents, pathOf } from '../../docs/write-docs.ts';

it.each(documents)(
  '$file is what the code says: `npm run docs` writes it again',
  ({ file, text }) => {
    expect(readFileSync(pathOf(file), 'utf8')).toBe(text());
  },
);
