import type { Colors } from '../context.ts';
import { printable } from '../printable.ts';
import type { Frame } from './frame.ts';
import type { Traced } from './trace.ts';

/** As Node would print it, so that terminals and editors make it a link. */
const line = ({ name, file, line, column }: Frame): string => {
  const place = `${file}:${line}:${column}`;
  return printable(name === undefined ? `at ${place}` : `at ${name} (${place})`);
};

const isOurs = ({ file }: Frame): boolean => /^(?:lambdas|shared)\//.test(file);

/**
 * Stack traces for people; what is not our own code steps back.
 * @param checked against what the bundles were checked, e.g. `stack prod`; unset: they were not
 */
export const printTraces = (
  traces: readonly Traced[],
  checked: string | undefined,
  colors: Colors,
): string => {
  const paragraphs = traces.map(({ function: name, frames }) =>
    [
      colors.bold(checked === undefined ? name : `${name} of ${checked}`),
      ...frames.map((frame) => `    ${isOurs(frame) ? line(frame) : colors.dim(line(frame))}`),
    ].join('\n'),
  );
  const trusted =
    'Nothing was checked: this is right if what is deployed was built from this checkout. --stack <name> makes sure.';
  return `${[...paragraphs, ...(checked === undefined ? [trusted] : [])].join('\n\n')}\n`;
};
