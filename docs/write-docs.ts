/** Writes what of the documentation follows from the code: `npm run docs`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeConfiguration } from './writers/configuration.ts';
import { drawRetries } from './writers/retries.ts';

/** Each document that is written, by its name in this folder. */
export const documents = [
  { file: 'configuration.md', text: writeConfiguration },
  { file: 'retries.svg', text: drawRetries },
];

export function pathOf(file: string): string {
  return join(import.meta.dirname, file);
}

if (import.meta.main) {
  for (const { file, text } of documents) writeFileSync(pathOf(file), text());
}
