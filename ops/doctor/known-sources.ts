import { Failure } from '../failure.ts';

/** @throws Failure where a ticket is named of a source that there is not */
export const requireKnownSources = (
  tickets: Readonly<Record<string, string>>,
  sources: Readonly<Record<string, unknown>>,
): void => {
  const unknownSources = Object.keys(tickets).filter((source) => !Object.hasOwn(sources, source));
  if (unknownSources.length === 0) return;
  throw new Failure(
    `There is no source ${unknownSources.join(', ')}.`,
    `--ticket takes one of ${Object.keys(sources).join(', ')}.`,
  );
};
