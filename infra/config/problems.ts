import type * as z from 'zod';
import { configPath, removeCommand, setCommand, setSecretCommand } from './commands.ts';
import { replacedSettings } from './replaced-settings.ts';

type ProblemPath = readonly PropertyKey[];

/** Something that is wrong with a stack: where, what in words, and the command that sets it right. */
export interface ConfigProblem {
  readonly path: string;
  readonly message: string;
  readonly command: string;
}

const secretSettings: readonly PropertyKey[] = ['signingSecrets', 'apiSecret', 'authToken'];

const valueAt = (given: unknown, path: ProblemPath): unknown =>
  path.reduce((value: unknown, key) => Object(value)[key], given);

/** What a rule of ours tells of how it is kept: the command itself, or how many a list may hold. */
const issueParam = (issue: z.core.$ZodIssue, name: 'command' | 'most'): unknown =>
  issue.code === 'custom' ? issue.params?.[name] : undefined;

/** What puts a value in the place of one that is missing or no good. */
const fixCommand = (issue: z.core.$ZodIssue, given: unknown): string => {
  const { path } = issue;
  const ruleCommand = issueParam(issue, 'command');
  if (typeof ruleCommand === 'string') return ruleCommand;
  if (path.some((key) => secretSettings.includes(key))) return setSecretCommand(path);
  const maxItems = issueParam(issue, 'most');
  if (typeof maxItems === 'number') return removeCommand([...path, maxItems]);
  const found = valueAt(given, path);
  const expected = issue.code === 'invalid_type' ? issue.expected : undefined;
  if (expected === 'object' || expected === 'record') return removeCommand(path);
  if (Array.isArray(found)) return setCommand([...path, found.length]);
  if (expected === 'array') {
    const first = setCommand([...path, 0]);
    // Pulumi makes no list of what is something else already.
    return found === undefined ? first : `${removeCommand(path)} && ${first}`;
  }
  const isMistaken = expected === 'string' && found !== undefined;
  return setCommand(path, '<value>', isMistaken ? 'string' : undefined);
};

const unknownSettingProblem = (path: ProblemPath): ConfigProblem => ({
  path: configPath(path),
  message:
    replacedSettings.get(configPath(path)) ??
    `is not a setting here: misspelt, ${path[0] === 'sources' ? 'in the wrong place, or not for this kind' : 'or in the wrong place'}`,
  command: removeCommand(path),
});

const issueProblems = (issue: z.core.$ZodIssue, given: unknown): readonly ConfigProblem[] => {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownSettingProblem([...path, key]));
  }
  if (issue.code === 'invalid_type' && issue.expected === 'never') return [unknownSettingProblem(path)];
  if (issue.code === 'invalid_key') {
    const message = issue.issues.map((each) => each.message).join(', ');
    return [
      { path: configPath(path), message: `the name ${message}`, command: removeCommand(path) },
    ];
  }
  return [{ path: configPath(path), message: issue.message, command: fixCommand(issue, given) }];
};

/** What is wrong with a configuration, each once. */
export const configProblems = (
  given: unknown,
  issues: readonly z.core.$ZodIssue[],
): readonly ConfigProblem[] => {
  const byText = new Map<string, ConfigProblem>();
  for (const problem of issues.flatMap((issue) => issueProblems(issue, given))) {
    const text = `${problem.path}: ${problem.message}`;
    if (!byText.has(text)) byText.set(text, problem);
  }
  return [...byText.values()];
};
