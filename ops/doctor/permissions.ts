import {
  type ContextEntry,
  type EvaluationResult,
  GetRoleCommand,
  IAMClient,
  paginateSimulatePrincipalPolicy,
} from '@aws-sdk/client-iam';
import pLimit from 'p-limit';
import { parseArn } from '../../infra/arn.ts';
import { partnerSources } from '../../infra/config/sources.ts';
import type { StackConfig } from '../../infra/config/stack-config.ts';
import {
  type DeployFeature,
  type DeployStatement,
  deployStatements,
} from '../../infra/policies/deploy-policy.ts';
import { awsClientOptions } from '../aws.ts';
import type { AwsAccount } from './aws-account.ts';
import { failed, type Observation, ok, unknown } from './check.ts';

/**
 * Asks IAM whether its policies allow the identity of this machine to deploy the stack.
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 * @throws an error of the AWS SDK
 */
export async function checkPermissions(
  config: StackConfig,
  stack: string,
  { target, identity, access }: AwsAccount,
): Promise<Observation> {
  const about = 'permissions';
  const iam = new IAMClient(awsClientOptions(access));
  try {
    const principal = await principalArn(iam, identity);
    if (principal === undefined) {
      return {
        about,
        ...unknown(
          `could not be checked: IAM simulates roles and users, and this is ${identity}`,
          'Log in as the role that deploys.',
        ),
      };
    }
    const statements = [
      ...deployStatements(target),
      ...deployStatements(target, featuresOf(config)),
    ].filter(({ Sid }) => !isUnneeded(Sid, config));
    const limit = pLimit(4);
    const decisions = await Promise.all(
      statements.map((statement) =>
        limit(() => simulate(iam, principal, concrete(statement, stack), target.region)),
      ),
    );
    return { about, ...summarize(principal, decisions.flat()) };
  } finally {
    iam.destroy();
  }
}

/** IAM's decision about one action. */
interface ActionDecision {
  action: string;
  resource: string;
  decision: 'allowed' | 'denied' | 'undecided';
  /** Whether a policy of the organisation denies it. */
  byOrganization: boolean;
}

const policyHint = 'Attach the policy of docs/iam.md#the-deployer, with your account and region.';

function summarize(principal: string, decisions: readonly ActionDecision[]) {
  const denied = decisions.filter(({ decision }) => decision === 'denied');
  const undecided = decisions.filter(({ decision }) => decision === 'undecided');
  if (denied.length > 0) {
    const hint = denied.some(({ byOrganization }) => byOrganization)
      ? `${policyHint} A policy of the organization denies some of them too.`
      : policyHint;
    return failed(`IAM does not allow ${principal}:\n${byResource(denied)}`, hint);
  }
  if (undecided.length > 0) {
    return unknown(
      `IAM could not decide for ${principal}, because a policy has a condition:\n${byResource(undecided)}`,
      policyHint,
    );
  }
  return ok(`IAM allows all ${decisions.length} actions to ${principal}`);
}

function byResource(decisions: readonly ActionDecision[]): string {
  return [...Map.groupBy(decisions, ({ resource }) => resource)]
    .map(([resource, group]) => `${group.map(({ action }) => action).join(', ')} on ${resource}`)
    .join('\n');
}

async function simulate(
  iam: IAMClient,
  principal: string,
  { Action, Resource, Condition = {} }: DeployStatement,
  region: string,
): Promise<readonly ActionDecision[]> {
  const context = {
    'aws:RequestedRegion': region,
    ...Object.assign({}, ...Object.values(Condition)),
  };
  const input = {
    PolicySourceArn: principal,
    ActionNames: [...Action],
    ResourceArns: [...Resource],
    ContextEntries: Object.entries(context).map(
      ([name, value]): ContextEntry => ({
        ContextKeyName: name,
        ContextKeyType: 'string',
        ContextKeyValues: [String(value)],
      }),
    ),
  };
  const results: EvaluationResult[] = [];
  for await (const page of paginateSimulatePrincipalPolicy({ client: iam }, input)) {
    results.push(...(page.EvaluationResults ?? []));
  }
  return Action.map((action) => {
    const found = results.filter(({ EvalActionName }) => EvalActionName === action);
    return { action, resource: Resource.join(' or '), ...decide(found) };
  });
}

/**
 * An action is allowed if it is allowed on one of the resources, because not each action has resources of each
 * form.
 */
function decide(results: readonly EvaluationResult[]): Omit<ActionDecision, 'action' | 'resource'> {
  const isAllowed = results.some(
    ({ EvalDecision, ResourceSpecificResults = [] }) =>
      EvalDecision === 'allowed' ||
      ResourceSpecificResults.some((each) => each.EvalResourceDecision === 'allowed'),
  );
  const isConditional = results.some(
    ({ MissingContextValues = [] }) => MissingContextValues.length > 0,
  );
  return {
    decision: isAllowed ? 'allowed' : isConditional ? 'undecided' : 'denied',
    byOrganization: results.some(
      ({ OrganizationsDecisionDetail }) =>
        OrganizationsDecisionDetail?.AllowedByOrganizations === false,
    ),
  };
}

/** A statement about resources with complete names, as in requests. */
function concrete(statement: DeployStatement, stack: string): DeployStatement {
  const name = (pattern: string) =>
    pattern === '*' ? pattern : pattern.replace('*/tags', '/tags').replaceAll('*', `${stack}-any`);
  const { Condition } = statement;
  return {
    ...statement,
    Resource: statement.Resource.map(name),
    ...(Condition !== undefined && {
      Condition: Object.fromEntries(
        Object.entries(Condition).map(([operator, values]) => [
          operator,
          Object.fromEntries(Object.entries(values).map(([key, value]) => [key, name(value)])),
        ]),
      ),
    }),
  };
}

/**
 * Whether a statement is not needed: deploying does not need the permissions of doctor, and it does not create keys
 * if the stack has the owner's keys.
 */
function isUnneeded(sid: string, { key }: StackConfig): boolean {
  return (
    sid.startsWith('Doctor') ||
    (sid === 'Key' && key.arn !== undefined && key.alarmsArn !== undefined)
  );
}

function featuresOf({ sources, domain, vpc }: StackConfig): readonly DeployFeature[] {
  return [
    ...(partnerSources(sources).length > 0 ? (['partnerEvents'] as const) : []),
    ...(domain?.hostedZoneId !== undefined ? (['hostedZone'] as const) : []),
    ...(vpc !== undefined ? (['vpc'] as const) : []),
  ];
}

/**
 * The role or user of an identity. Undefined if it is neither. The identity of a session does not contain the path
 * of its role. Only IAM knows the path.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 */
async function principalArn(iam: IAMClient, identity: string): Promise<string | undefined> {
  if (/:user\//.test(identity)) return identity;
  const [, role] = /:assumed-role\/([^/]+)\//.exec(identity) ?? [];
  if (role === undefined) return undefined;
  const { partition, account } = parseArn(identity);
  return iam.send(new GetRoleCommand({ RoleName: role })).then(
    ({ Role }) => Role?.Arn,
    () => `arn:${partition}:iam::${account}:role/${role}`,
  );
}
