import type * as z from 'zod';

/** One key of a config path as `pulumi config set --path` reads it. */
const step = (key: PropertyKey): string => {
  if (typeof key === 'number') return `[${key}]`;
  const text = String(key);
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(text) ? `.${text}` : `["${text}"]`;
};

const configPath = (path: readonly PropertyKey[]): string =>
  path.map(step).join('').replace(/^\./, '');

const secretKeys: readonly PropertyKey[] = ['signingSecrets', 'apiSecret', 'authToken'];

const setCommand = (path: readonly PropertyKey[]): string => {
  if (path.length < 2) return 'add it to the stack file, as Pulumi.example.yaml has it';
  return path.some((key) => secretKeys.includes(key))
    ? `pulumi config set --secret --path '${configPath(path)}'`
    : `pulumi config set --path '${configPath(path)}' <value>`;
};

const removeCommand = (path: readonly PropertyKey[]): string =>
  `pulumi config rm --path '${configPath(path)}'`;

const describe = (path: readonly PropertyKey[], message: string, command: string): string =>
  `- ${configPath(path)}: ${message}\n    ${command}`;

const notASetting = 'is not a setting here: misspelt, in the wrong place, or not for this kind';

const problemLines = (issue: z.core.$ZodIssue): string[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      describe([...issue.path, key], notASetting, removeCommand([...issue.path, key])),
    );
  }
  if (issue.code === 'invalid_type' && issue.expected === 'never') {
    return [describe(issue.path, notASetting, removeCommand(issue.path))];
  }
  if (issue.code === 'invalid_key') {
    const messages = issue.issues.map(({ message }) => message).join(', ');
    return [describe(issue.path, `the name ${messages}`, removeCommand(issue.path))];
  }
  return [describe(issue.path, issue.message, setCommand(issue.path))];
};

/** All that is wrong with a stack's configuration, each with the command that mends it. */
export const describeProblems = (issues: readonly z.core.$ZodIssue[]): string =>
  [
    'The stack is not configured rightly (Pulumi.example.yaml shows a whole configuration):',
    ...issues.flatMap(problemLines),
  ].join('\n');
