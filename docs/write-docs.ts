/** `npm run docs`: writes the documents that are generated from the code. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeConfiguration } from './writers/configuration.ts';
import { drawRetries } from './writers/retries.ts';

/** The generated documents, by their name in this folder. */
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
