import { ACMClient, DescribeCertificateCommand } from '@aws-sdk/client-acm';
import { DescribeEventSourceCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { partnerSources } from '../../infra/config/sources.ts';
import type { StackConfig } from '../../infra/config/stack-config.ts';
import { minUnreservedConcurrency, reservedConcurrency } from '../../shared/config/limits.ts';
import { jsonText } from '../../shared/json.ts';
import { awsClientOptions, awsErrorName } from '../aws.ts';
import { type PulumiContext, runPulumi } from '../deployment/stack.ts';
import { type AwsAccount, checkAccount, type StackRegion } from './aws-account.ts';
import {
  type Check,
  type CheckResult,
  couldNotBeChecked,
  failed,
  type Observation,
  ok,
  warning,
} from './check.ts';
import { checkPermissions } from './permissions.ts';

/** The stack, and how to reach AWS. */
interface FirstUp {
  /** Undefined if the configuration is not valid. Then only region and credentials are checked. */
  config: StackConfig | undefined;
  /** The stack's name in Pulumi. */
  stack: string;
  /** The stack's name in the names of its resources. */
  shortName: string;
  region: StackRegion | undefined;
  profile: string | undefined;
}

/** Checks what would stop `npm run up` after it has created other resources. */
export function checkFirstUp(
  { config, stack, shortName, region, profile }: FirstUp,
  context: PulumiContext,
): Check {
  return {
    name: 'AWS',
    timeoutMs: 60_000,
    next: 'Check whether this machine can reach AWS.',
    run: async () => {
      const { account, observations } = await checkAccount(stack, region, profile);
      if (account === undefined || config === undefined) return observations;
      const deployed = await readDeployed(stack, context);
      const checks = await Promise.all([
        orUnknown('concurrency', 'lambda:GetAccountSettings', () =>
          checkConcurrency(config, stack, account, Object.values(deployed.functions)),
        ),
        orUnknown('permissions', 'iam:SimulatePrincipalPolicy', () =>
          checkPermissions(config, shortName, account),
        ),
        checkNamedResources(config, account, Object.keys(deployed.eventRules)),
      ]);
      return [...observations, ...checks.flat()];
    },
  };
}

/** The outputs of a stack that show which resources exist. Before its first `npm run up` there are none. */
const Deployed = jsonText(
  z.object({
    functions: z.record(z.string(), z.string()).default({}),
    eventRules: z.record(z.string(), z.unknown()).default({}),
  }),
);

async function readDeployed(stack: string, context: PulumiContext) {
  const command = ['stack', 'output', '--json'];
  const purpose = `read the outputs of stack ${stack}`;
  const next = 'Run `pulumi stack ls` to list the stacks.';
  return Deployed.parse(await runPulumi({ command, stack, purpose, next }, context));
}

/** @param permission the IAM action that the check needs */
async function orUnknown(
  about: string,
  permission: string,
  check: () => Promise<Observation>,
): Promise<Observation> {
  return check().catch((error: unknown) => ({ about, ...couldNotBeChecked(error, permission) }));
}

/**
 * Checks whether the account has room for the concurrency that the functions of a stack reserve.
 * @param functionNames the functions of the stack that exist already. Their concurrency counts as free
 * @throws an error of the AWS SDK
 */
async function checkConcurrency(
  config: StackConfig,
  stack: string,
  { access }: AwsAccount,
  functionNames: readonly string[],
): Promise<Observation> {
  const lambda = new LambdaClient(awsClientOptions(access));
  try {
    const own = functionNames.map(async (FunctionName) => {
      const command = new GetFunctionConcurrencyCommand({ FunctionName });
      return (await lambda.send(command)).ReservedConcurrentExecutions ?? 0;
    });
    const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
    const { ConcurrentExecutions = 0, UnreservedConcurrentExecutions = 0 } = AccountLimit ?? {};
    const free = UnreservedConcurrentExecutions + sum(await Promise.all(own));
    const raise = raiseQuota(access.region, config);
    const result = config.limits.reserveConcurrency
      ? compareReserved(config, stack, { limit: ConcurrentExecutions, free, raise })
      : compareUnreserved(config, { free, raise });
    return { about: 'concurrency', ...result };
  } finally {
    lambda.destroy();
  }
}

/** The concurrency of the account: its limit, and the part that no other function reserves. */
interface AccountConcurrency {
  limit: number;
  free: number;
  /** The command that asks AWS for more. */
  raise: string;
}

function compareReserved(
  config: StackConfig,
  stack: string,
  { limit, free, raise }: AccountConcurrency,
): CheckResult {
  const { crmChange, taskEvent, sync } = reservedBy(config);
  const reserved = crmChange + taskEvent + sync;
  const needed = reserved + minUnreservedConcurrency;
  const finding =
    `the stack reserves ${reserved} (crm-change ${crmChange}, task-event ${taskEvent}, sync ${sync}) and AWS keeps ` +
    `${minUnreservedConcurrency} unreserved: ${needed} in all. ${free} of the account's ${limit} are unreserved`;
  if (free >= needed) return ok(finding);
  const burst = bursts(config.limits.burst).find(
    (each) => sum(Object.values(reservedBy(config, each))) <= free - minUnreservedConcurrency,
  );
  const set = `pulumi config set --stack ${stack} --path`;
  return failed(
    `${finding}. npm run up would fail after it has created other resources`,
    [
      `Raise the quota: ${raise}`,
      `Or reserve nothing until then: ${set} limits.reserveConcurrency false`,
      ...(burst === undefined ? [] : [`Or reserve less: ${set} limits.burst ${burst}`]),
    ].join('\n'),
  );
}

function compareUnreserved(
  config: StackConfig,
  { free, raise }: Omit<AccountConcurrency, 'limit'>,
): CheckResult {
  const used = sum(Object.values(reservedBy(config)));
  const finding = `the stack reserves nothing (limits.reserveConcurrency). It may use ${used}, and ${free} are unreserved`;
  return free >= used
    ? ok(finding)
    : warning(
        `${finding}: a flood of requests can take the concurrency that sync needs`,
        `Raise the quota: ${raise}`,
      );
}

function reservedBy({ sources, limits }: StackConfig, burst = limits.burst) {
  return reservedConcurrency(Object.keys(sources).length, burst);
}

/** All lower bursts, the highest first. */
function bursts(burst: number): readonly number[] {
  return Array.from({ length: burst - 1 }, (_, index) => burst - 1 - index);
}

/** Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
function raiseQuota(region: string, config: StackConfig): string {
  const least = sum(Object.values(reservedBy(config))) + minUnreservedConcurrency;
  return (
    `aws service-quotas request-service-quota-increase --region ${region} --service-code lambda ` +
    `--quota-code L-B99A9384 --desired-value ${Math.max(1000, least)}`
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/**
 * Checks whether the resources in the configuration exist and have the needed properties: keys, the certificate,
 * partner event sources.
 * @param sourcesWithBus the sources whose event bus this stack already has
 */
async function checkNamedResources(
  { key, domain, sources }: StackConfig,
  account: AwsAccount,
  sourcesWithBus: readonly string[],
): Promise<readonly Observation[]> {
  const options = awsClientOptions(account.access);
  const kms = new KMSClient(options);
  const acm = new ACMClient(options);
  const eventBridge = new EventBridgeClient(options);
  const keys = [
    { about: 'key.arn', arn: key.arn },
    { about: 'key.alarmsArn', arn: key.alarmsArn },
  ].flatMap(({ about, arn }) => (arn === undefined ? [] : [{ about, arn }]));
  try {
    return await Promise.all([
      ...keys.map(({ about, arn }) => checkKey(kms, about, arn)),
      ...(domain === undefined ? [] : [checkCertificate(acm, domain)]),
      ...partnerSources(sources).map(({ source, partnerEventSource }) =>
        checkEventSource(eventBridge, source, partnerEventSource, sourcesWithBus.includes(source)),
      ),
    ]);
  } finally {
    for (const client of [kms, acm, eventBridge]) client.destroy();
  }
}

async function checkKey(kms: KMSClient, about: string, KeyId: string): Promise<Observation> {
  const result = await resultOf('kms:DescribeKey', about, async () => {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
    const { KeyState, KeySpec } = KeyMetadata ?? {};
    return KeyState === 'Enabled' && KeySpec === 'SYMMETRIC_DEFAULT'
      ? ok('exists and is enabled')
      : failed(
          `the key is ${KeyState}, ${KeySpec}`,
          'Name a symmetric key for encryption that is enabled.',
        );
  });
  return { about, ...result };
}

async function checkCertificate(
  acm: ACMClient,
  { name, certificateArn }: NonNullable<StackConfig['domain']>,
): Promise<Observation> {
  const about = 'domain.certificateArn';
  const result = await resultOf('acm:DescribeCertificate', about, async () => {
    const command = new DescribeCertificateCommand({ CertificateArn: certificateArn });
    const { Status, SubjectAlternativeNames = [] } = (await acm.send(command)).Certificate ?? {};
    if (Status !== 'ISSUED') {
      const next = 'Validate it in ACM, and wait until it is ISSUED.';
      return failed(`the certificate is ${Status}`, next);
    }
    const wildcard = name.replace(/^[^.]+/, '*');
    return SubjectAlternativeNames.some((each) => each === name || each === wildcard)
      ? ok(`issued, for ${name}`)
      : failed(
          `the certificate is for ${SubjectAlternativeNames.join(', ')}, not for ${name}`,
          'Request a certificate for domain.name.',
        );
  });
  return { about, ...result };
}

async function checkEventSource(
  eventBridge: EventBridgeClient,
  source: string,
  Name: string,
  hasBus: boolean,
): Promise<Observation> {
  const about = `sources.${source}.partnerEventSource`;
  const result = await resultOf('events:DescribeEventSource', about, async () => {
    const { State } = await eventBridge.send(new DescribeEventSourceCommand({ Name }));
    if (State === 'PENDING' || (State === 'ACTIVE' && hasBus)) return ok(`exists, ${State}`);
    return State === 'ACTIVE'
      ? failed(
          'already has an event bus, and it does not belong to this stack',
          'An event bus belongs to one stack: remove the source there, or the bus if no stack has it.',
        )
      : failed(
          `is ${State}: the partner removed it`,
          'Create the event relay at the partner again.',
        );
  });
  return { about, ...result };
}

const notFoundErrors = new Set(['NotFoundException', 'ResourceNotFoundException']);

/** @param permission the IAM action that the request needs */
async function resultOf(
  permission: string,
  setting: string,
  check: () => Promise<CheckResult>,
): Promise<CheckResult> {
  try {
    return await check();
  } catch (error) {
    if (!notFoundErrors.has(awsErrorName(error))) return couldNotBeChecked(error, permission);
    return failed(
      'does not exist in this account and region',
      `Check ${setting}, and the account of your credentials.`,
    );
  }
}
