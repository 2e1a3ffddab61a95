import { RunError } from '@pulumi/pulumi/errors.js';
import type * as z from 'zod';
import { requestsPerTask } from '../../shared/config/limits.ts';
import { configPath, removeCommand, setCommand, setSecretCommand } from './setting.ts';

type ProblemPath = readonly PropertyKey[];

/** Something that is wrong with a stack: where, what in words, and the command that sets it right. */
export interface ConfigProblem {
  readonly path: string;
  readonly message: string;
  readonly command: string;
}

const secretSettings: readonly PropertyKey[] = ['signingSecrets', 'apiSecret', 'authToken'];

/** What is wrong with a configuration, each once. */
export function configProblems(
  given: unknown,
  issues: readonly z.core.$ZodIssue[],
): readonly ConfigProblem[] {
  const byText = new Map<string, ConfigProblem>();
  for (const problem of issues.flatMap((issue) => issueProblems(issue, given))) {
    const text = `${problem.path}: ${problem.message}`;
    if (!byText.has(text)) byText.set(text, problem);
  }
  return [...byText.values()];
}

/** What a value has to be, by zod's name for it. */
const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'settings, each by its name',
  record: 'settings, each by its name',
};

/** What is said of a mistake where the schema itself has no words for it. Nothing is quoted. */
export const errorMessages: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeNames[issue.expected] ?? 'another value'}`;
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}`;
    case 'too_small':
      return `must ${boundText(issue.origin, issue.minimum)} at least`;
    case 'too_big':
      return `must ${boundText(issue.origin, issue.maximum)} at most`;
    default:
      return undefined;
  }
};

const instances =
  'is no setting any more: how many instances there are follows from limits.twilioConcurrentRequests. ' +
  `For as many as before, set that to their number × sync.tasksInParallel × ${requestsPerTask}`;

/** What is told to who still has a setting that something else took the place of, by its path. */
const replacedSettings: ReadonlyMap<string, string> = new Map([
  ['sync.maximumConcurrency', instances],
  [
    'sync.reservedConcurrency',
    'is no setting any more: as much is kept for the sync as it has instances, unless limits.reserveConcurrency is false',
  ],
]);

/** A stack that cannot be deployed as it is configured. Pulumi shows it without a stack trace. */
export class StackConfigError extends RunError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(
      [
        'The stack is not configured rightly (docs/configuration.md tells every setting, Pulumi.example.yaml shows them all):',
        ...problems.map(({ path, message, command }) => `- ${path}: ${message}\n    ${command}`),
      ].join('\n'),
    );
    this.problems = problems;
  }
}

type SecretPath = readonly PropertyKey[];

type Sections = Readonly<Record<string, unknown>>;

/** Where the secrets of each key stand. */
const secretsOf: Readonly<Record<string, (section: unknown) => readonly SecretPath[]>> = {
  sources: (sources) =>
    Object.entries(Object(sources)).flatMap(([name, source]) =>
      secretPaths(['sources', name, 'signingSecrets'], get(source, 'signingSecrets')),
    ),
  twilio: (twilio) =>
    ['apiSecret', 'authToken'].flatMap((key) => secretPaths(['twilio', key], get(twilio, key))),
};

/**
 * The secrets of a configuration that were not encrypted.
 * @param isSecret whether Pulumi holds something of a key encrypted: it does not say of which setting
 */
export function unencryptedSecrets(
  sections: Sections,
  isSecret: (key: string) => boolean,
): readonly ConfigProblem[] {
  return Object.entries(secretsOf)
    .filter(([key]) => !isSecret(key))
    .flatMap(([key, paths]) => paths(sections[key]))
    .map((path) => ({
      path: configPath(path),
      message:
        "stands in the stack's file in plain text: take it for known, have another one made where it comes from, and store that",
      command: setSecretCommand(path),
    }));
}

function valueAt(given: unknown, path: ProblemPath): unknown {
  return path.reduce((value: unknown, key) => Object(value)[key], given);
}

/** What a rule of ours tells of how it is kept: the command itself, or how many a list may hold. */
function issueParam(issue: z.core.$ZodIssue, name: 'command' | 'most'): unknown {
  return issue.code === 'custom' ? issue.params?.[name] : undefined;
}

/** What puts a value in the place of one that is missing or no good. */
function fixCommand(issue: z.core.$ZodIssue, given: unknown): string {
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
}

function unknownSettingProblem(path: ProblemPath): ConfigProblem {
  return {
    path: configPath(path),
    message:
      replacedSettings.get(configPath(path)) ??
      `is not a setting here: misspelt, ${path[0] === 'sources' ? 'in the wrong place, or not for this kind' : 'or in the wrong place'}`,
    command: removeCommand(path),
  };
}

function issueProblems(issue: z.core.$ZodIssue, given: unknown): readonly ConfigProblem[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownSettingProblem([...path, key]));
  }
  if (issue.code === 'invalid_type' && issue.expected === 'never')
    return [unknownSettingProblem(path)];
  if (issue.code === 'invalid_key') {
    const message = issue.issues.map((each) => each.message).join(', ');
    return [
      { path: configPath(path), message: `the name ${message}`, command: removeCommand(path) },
    ];
  }
  return [{ path: configPath(path), message: issue.message, command: fixCommand(issue, given) }];
}

/** How much of something there may be, as `must …` ends. */
function boundText(origin: string, count: number | bigint): string {
  if (origin === 'number' || origin === 'int' || origin === 'bigint') return `be ${count}`;
  return `have ${count} ${origin === 'array' ? 'of them' : 'characters'}`;
}

function get(value: unknown, key: string): unknown {
  return Object(value)[key];
}

/** What there is of a secret that stands alone, or in a list while it is rotated. */
function secretPaths(path: SecretPath, value: unknown): readonly SecretPath[] {
  if (Array.isArray(value))
    return value.flatMap((each, index) => secretPaths([...path, index], each));
  return value === undefined || value === null || value === '' ? [] : [path];
}
