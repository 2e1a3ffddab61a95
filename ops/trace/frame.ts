/** A place that was on the way when something went wrong. Lines and columns are counted from 1. */
export interface Frame {
  /** The function's name, where it has one: `visitTask`, `async visitTask`, `new Breaker`. */
  readonly name?: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * As V8 writes them: `at name (file:line:column)`, and `at file:line:column` where there is no name. Each begins a
 * line or a text, also in JSON that was cut off and cannot be parsed. Files of Node begin with `node:`.
 */
const pattern =
  /(?<=(?:^|"|\\n)\s*)at (?:(?<name>[^"\\\n]*?) \(|async )?(?<file>(?:node:|file:|\/)[^\s"\\()]+):(?<line>\d+):(?<column>\d+)\)?/g;

/** V8 tells what a method was called on, by the class's minified name. */
const receiver = /[^\s.]+\.(?=[^\s.])/g;

const frameOf = ({ name, file, line, column }: Readonly<Record<string, string | undefined>>) => ({
  ...(name !== undefined && { name: name.replaceAll(receiver, '') }),
  file: file ?? '',
  line: Number(line),
  column: Number(column),
});

/** The frames in a text, in its order. All else in it, such as an error's message, is passed over. */
export const framesIn = (text: string): Frame[] =>
  [...text.matchAll(pattern)].map(({ groups = {} }) => frameOf(groups));
