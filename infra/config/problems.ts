import type * as z from 'zod';
import { configPath, removeCommand, setCommand, setSecretCommand } from './commands.ts';
import { replacedSettings } from './replaced-settings.ts';

type Path = readonly PropertyKey[];

/** Something that is wrong with a stack: where, what in words, and the command that sets it right. */
export interface Problem {
  readonly path: string;
  readonly message: string;
  readonly command: string;
}

const secretKeys: readonly PropertyKey[] = ['signingSecrets', 'apiSecret', 'authToken'];

const valueAt = (given: unknown, path: Path): unknown =>
  path.reduce((value: unknown, key) => Object(value)[key], given);

/** What a rule of ours tells of how it is kept: the command itself, or how many a list may hold. */
const paramOf = (issue: z.core.$ZodIssue, name: 'command' | 'most'): unknown =>
  issue.code === 'custom' ? issue.params?.[name] : undefined;

/** What puts a value in the place of one that is missing or no good. */
const commandOf = (issue: z.core.$ZodIssue, given: unknown): string => {
  const { path } = issue;
  const own = paramOf(issue, 'command');
  if (typeof own === 'string') return own;
  if (path.some((key) => secretKeys.includes(key))) return setSecretCommand(path);
  const most = paramOf(issue, 'most');
  if (typeof most === 'number') return removeCommand([...path, most]);
  const found = valueAt(given, path);
  const wanted = issue.code === 'invalid_type' ? issue.expected : undefined;
  if (wanted === 'object' || wanted === 'record') return removeCommand(path);
  if (Array.isArray(found)) return setCommand([...path, found.length]);
  if (wanted === 'array') {
    const first = setCommand([...path, 0]);
    // Pulumi makes no list of what is something else already.
    return found === undefined ? first : `${removeCommand(path)} && ${first}`;
  }
  const isMistaken = wanted === 'string' && found !== undefined;
  return setCommand(path, '<value>', isMistaken ? 'string' : undefined);
};

const unknownSetting = (path: Path): Problem => ({
  path: configPath(path),
  message:
    replacedSettings.get(configPath(path)) ??
    `is not a setting here: misspelt, ${path[0] === 'sources' ? 'in the wrong place, or not for this kind' : 'or in the wrong place'}`,
  command: removeCommand(path),
});

const problemsOf = (issue: z.core.$ZodIssue, given: unknown): readonly Problem[] => {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownSetting([...path, key]));
  }
  if (issue.code === 'invalid_type' && issue.expected === 'never') return [unknownSetting(path)];
  if (issue.code === 'invalid_key') {
    const message = issue.issues.map((each) => each.message).join(', ');
    return [
      { path: configPath(path), message: `the name ${message}`, command: removeCommand(path) },
    ];
  }
  return [{ path: configPath(path), message: issue.message, command: commandOf(issue, given) }];
};

/** What is wrong with a configuration, each once. */
export const problemsIn = (
  given: unknown,
  issues: readonly z.core.$ZodIssue[],
): readonly Problem[] => {
  const told = new Map<string, Problem>();
  for (const problem of issues.flatMap((issue) => problemsOf(issue, given))) {
    const words = `${problem.path}: ${problem.message}`;
    if (!told.has(words)) told.set(words, problem);
  }
  return [...told.values()];
};
