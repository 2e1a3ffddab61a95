import type { Mutant } from './mutant.ts';
import { parseFile, placesOf } from './places.ts';

/**
 * The text of a mutant's file after the change.
 * @throws Error if the place does not exist, or exists more than once
 */
export function mutate(text: string, { what, file, place, edit }: Mutant): string {
  const found = placesOf(parseFile(file, text), place);
  const [node] = found;
  if (node === undefined || found.length > 1) {
    throw new Error(`${found.length} places in ${file} for the mutant: ${what}`);
  }
  const { start, end, text: replacement } = edit(node);
  return text.slice(0, start) + replacement + text.slice(end);
}
