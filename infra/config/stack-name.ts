import type { ConfigProblem } from './problems.ts';

/**
 * Maximum length of `<project>-<stack>`, the prefix of all names. AWS allows 64 characters for functions and roles. Our
 * suffixes take up to 17, Pulumi's take 8, and the rest is room for future functions.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export const maxPrefixLength = 35;

/**
 * The problems of the name of a stack, which becomes part of every name in AWS. Pulumi allows dots; AWS does not
 * allow them in the names of queues and functions and in the alias of a key.
 * Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html,
 * https://docs.aws.amazon.com/kms/latest/developerguide/alias-create.html
 */
export function stackNameProblems(project: string, stack: string): readonly ConfigProblem[] {
  const max = maxPrefixLength - `${project}-`.length;
  const messages = [
    ...(stack.length > max
      ? [`must have ${max} characters at most: it is part of names that AWS limits to 64`]
      : []),
    ...(/^[A-Za-z0-9_-]*$/.test(stack)
      ? []
      : ['must have only letters, digits, - and _: AWS allows no others in the names of queues']),
  ];
  return messages.map((message) => ({
    path: "the stack's name",
    message,
    command: 'pulumi stack rename <name>',
  }));
}
