import { Failure } from '../failure.ts';
import type { Frame } from './frame.ts';
import { type FunctionName, functionNames, isFunctionName } from './function-name.ts';
import { type DeployedBundles, isBundled, openBundle, type ToSource } from './open-bundle.ts';
import { readTraces, type Trace } from './read-traces.ts';

export interface TraceOptions {
  /** Which function those are of that do not say so. */
  readonly function?: FunctionName | undefined;
  /** What is deployed. Unset: it is trusted to be what is built here. */
  readonly deployed?: DeployedBundles | undefined;
}

/** A stack trace in terms of the sources. */
export interface Traced {
  readonly function: FunctionName;
  readonly frames: readonly Frame[];
}

const namesText = functionNames.join(', ');

const functionOf = ({ service }: Trace, given: FunctionName | undefined): FunctionName => {
  const name = isFunctionName(service) ? service : given;
  if (name !== undefined) return name;
  throw new Failure(
    'Which function is it of? There is a stack trace that does not say so.',
    `Name it with --function (${namesText}), or give the whole log line: its field service tells.`,
  );
};

/**
 * Reads stack traces of deployed functions in terms of the sources. Frames outside a bundle, of Node and
 * of Lambda, stay as they are; messages are left out, as they may quote what was worked on.
 *
 * @param text stack traces, or log lines that hold them
 * @throws Failure
 */
export const trace = (text: string, { function: given, deployed }: TraceOptions): Traced[] => {
  const traces = readTraces(text).filter(({ frames }) => frames.some(isBundled));
  if (traces.length === 0) {
    throw new Failure(
      'There is no stack trace of a bundled function in it.',
      'It has lines such as "at visitTask (file:///var/task/handler.mjs:12:345)", in plain text or in a log line.',
    );
  }
  const opened = new Map<FunctionName, ToSource>();
  const open = (name: FunctionName): ToSource => {
    const toSource = opened.get(name) ?? openBundle(name, deployed);
    opened.set(name, toSource);
    return toSource;
  };
  return traces.map((of) => {
    const name = functionOf(of, given);
    const toSource = open(name);
    return {
      function: name,
      frames: of.frames.map((frame) => (isBundled(frame) ? toSource(frame) : frame)),
    };
  });
};
