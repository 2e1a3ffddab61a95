import type { ConfigProblem } from './problems.ts';

/**
 * How long `<project>-<stack>` may be, which names begin with. AWS takes 64 characters for functions and roles; ours end
 * in up to 17 more, Pulumi adds 8, and there is room left for functions to come.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export const maxPrefixLength = 35;

/**
 * What is wrong with the name of a stack, which every name in AWS has in it. Pulumi takes dots as well, but
 * queues, functions and the alias of the key must have none.
 * Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html,
 * https://docs.aws.amazon.com/kms/latest/developerguide/alias-create.html
 */
export function stackNameProblems(project: string, stack: string): readonly ConfigProblem[] {
  const max = maxPrefixLength - `${project}-`.length;
  const messages = [
    ...(stack.length > max
      ? [`must have ${max} characters at most: it is part of names that AWS lets have 64`]
      : []),
    ...(/^[A-Za-z0-9_-]*$/.test(stack)
      ? []
      : ['must have letters, digits, - and _ only: AWS takes no other in the names of queues']),
  ];
  return messages.map((message) => ({
    path: "the stack's name",
    message,
    command: 'pulumi stack rename <name>',
  }));
}
