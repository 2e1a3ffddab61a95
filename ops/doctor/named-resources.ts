import { ACMClient, DescribeCertificateCommand } from '@aws-sdk/client-acm';
import { DescribeEventSourceCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { partnerSources } from '../../infra/config/sources.ts';
import type { StackConfig } from '../../infra/config/stack-config.ts';
import { awsClientOptions, awsErrorName } from '../aws.ts';
import type { AwsAccount } from './aws-account.ts';
import { type CheckResult, couldNotBeChecked, failed, type Observation, ok } from './check.ts';

/**
 * Whether the resources that the configuration names exist, and are as the stack needs them: keys, the certificate,
 * partner event sources.
 * @param sourcesWithBus the sources whose event bus this stack has already
 */
export async function checkNamedResources(
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
          'has an event bus already, which is not of this stack',
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
