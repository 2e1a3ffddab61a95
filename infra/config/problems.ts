import { RunError } from '@pulumi/pulumi/errors.js';
import type * as z from 'zod';
import {
  configPath,
  removeCommand,
  type SettingPath,
  setCommand,
  setSecretCommand,
} from './setting.ts';

/** A problem of a stack's configuration: the setting, the message, and the command that fixes it. */
export interface ConfigProblem {
  path: string;
  message: string;
  command: string;
}

const twilioSecrets = ['apiSecret', 'authToken', 'sharedKeySecret'];

const secretSettings: readonly PropertyKey[] = ['signingSecrets', ...twilioSecrets];

/** The problems of a configuration, without repetitions. */
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

/** The name of each type in plain words, by zod's name. */
const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'settings, each by its name',
  record: 'settings, each by its name',
};

/** Messages for issues whose schema has no message. They quote no value. */
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

/** The arguments of the component are invalid. Pulumi shows this error without a stack trace. */
export class ArgsError extends RunError {
  constructor(name: string, problems: readonly Pick<ConfigProblem, 'path' | 'message'>[]) {
    super(
      [
        `The arguments of CrmMediaSync ${name} are invalid. docs/configuration.md describes every setting.`,
        ...problems.map(({ path, message }) => `- ${path}: ${message}`),
      ].join('\n'),
    );
  }
}

/** The configuration of the stack is invalid. Pulumi shows this error without a stack trace. */
export class StackConfigError extends RunError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(
      [
        'The configuration of the stack is invalid. docs/configuration.md describes every setting; Pulumi.example.yaml is an example.',
        ...problems.map(({ path, message, command }) => `- ${path}: ${message}\n    ${command}`),
      ].join('\n'),
    );
    this.problems = problems;
  }
}

type Sections = Readonly<Record<string, unknown>>;

/** The paths of the secrets in each section. */
const secretsOf: Readonly<Record<string, (section: unknown) => readonly SettingPath[]>> = {
  sources: (sources) =>
    Object.entries(Object(sources)).flatMap(([name, source]) =>
      secretPaths(['sources', name, 'signingSecrets'], get(source, 'signingSecrets')),
    ),
  twilio: (twilio) =>
    twilioSecrets.flatMap((key) => secretPaths(['twilio', key], get(twilio, key))),
};

/**
 * The secrets of a configuration that are in plain text.
 * @param isSecret whether a section contains an encrypted value. Pulumi does not say which value is encrypted
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
        'is in the stack file in plain text: treat it as leaked, create a new one at its origin, and store that',
      command: setSecretCommand(path),
    }));
}

function valueAt(given: unknown, path: SettingPath): unknown {
  return path.reduce((value: unknown, key) => Object(value)[key], given);
}

/** A parameter that one of our rules adds to its issue: the command, or the maximum length of the list. */
function issueParam(issue: z.core.$ZodIssue, name: 'command' | 'most'): unknown {
  return issue.code === 'custom' ? issue.params?.[name] : undefined;
}

/** The command that replaces a missing or wrong value. */
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
    // Pulumi cannot turn another value into a list, so the value must be removed first.
    return found === undefined ? first : `${removeCommand(path)} && ${first}`;
  }
  const isOtherType = expected === 'string' && found !== undefined;
  return setCommand(path, '<value>', isOtherType ? 'string' : undefined);
}

function unknownSettingProblem(path: SettingPath): ConfigProblem {
  const kind = path[0] === 'sources' ? ', and the kind of the source' : '';
  return {
    path: configPath(path),
    message: `is not a known setting: check the spelling and the place${kind}`,
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

/** A bound, in the form that follows `must`. */
function boundText(origin: string, count: number | bigint): string {
  if (origin === 'number' || origin === 'int' || origin === 'bigint') return `be ${count}`;
  return `have ${count} ${origin === 'array' ? 'of them' : 'characters'}`;
}

function get(value: unknown, key: string): unknown {
  return Object(value)[key];
}

/** The paths of one secret, or of a list of them during a rotation. */
function secretPaths(path: SettingPath, value: unknown): readonly SettingPath[] {
  if (Array.isArray(value))
    return value.flatMap((each, index) => secretPaths([...path, index], each));
  return value === undefined || value === null || value === '' ? [] : [path];
}

/**
 * Maximum length of `<project>-<stack>`, the prefix of all names. AWS allows 64 characters for functions and roles. Our
 * suffixes take up to 17, Pulumi's take 8, and the rest is room for future functions.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export const maxPrefixLength = 35;

/**
 * The problems of a name that becomes a part of every name in AWS. Pulumi allows dots. AWS does not allow them in
 * the names of queues and functions and in the alias of a key.
 * Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html,
 * https://docs.aws.amazon.com/kms/latest/developerguide/alias-create.html
 * @param project the project and a hyphen, if they are a prefix of the name
 */
export function nameProblems(name: string, project = ''): readonly string[] {
  const max = maxPrefixLength - project.length;
  return [
    ...(name.length > max
      ? [`must have ${max} characters at most: it is part of names that AWS limits to 64`]
      : []),
    ...(/^[A-Za-z0-9_-]*$/.test(name)
      ? []
      : ['must have only letters, digits, - and _: AWS allows no others in the names of queues']),
  ];
}

/**
 * The problems of a stack's name. A stack with such a name was never deployed, so renaming it is safe. A deployed
 * stack cannot be renamed: its name is part of all resource names, so Pulumi would replace all resources.
 */
export function stackNameProblems(project: string, stack: string): readonly ConfigProblem[] {
  return nameProblems(stack, `${project}-`).map((message) => ({
    path: "the stack's name",
    message,
    command: 'pulumi stack rename <name>',
  }));
}
