import { account, region } from '../../tools/moto/aws.ts';
import { project, secrets, sources, twilio } from '../infra/settings.ts';

type Settings = Readonly<Record<string, unknown>>;

const { zendesk, cases, soap, forms } = sources;

/** A stack with a source of each transport, as it is first made. */
export const firstSettings: Settings = { sources: { zendesk, soap, cases }, twilio };

interface Plan {
  readonly creates?: string;
  readonly updates?: string;
  readonly replaces?: string;
  readonly deletes?: string;
}

interface Change {
  readonly set?: Settings;
  /** Paths of settings that are removed. */
  readonly remove?: readonly string[];
  /** The types of all resources that the engine plans to change. */
  readonly plan: Plan;
  /** Whether it is not part of the update with all changes. */
  readonly alone?: true;
}

/** What changes with the environment of a function. */
const code = 'lambda/alias lambda/function';

const secretVersion = 'secretsmanager/secretVersion';

/** What a source with a webhook has of its own, and what changes with it. */
const ofSource =
  'apigatewayv2/integration apigatewayv2/route cloudwatch/metricAlarm lambda/permission secretsmanager/secret secretsmanager/secretVersion';
const withSource =
  'apigatewayv2/stage cloudwatch/dashboard iam/rolePolicy lambda/alias lambda/function sns/topicPolicy';

const updating = (set: Settings, updates: string): Change => ({ set, plan: { updates } });

/** Each setting changed once, and what the engine then plans: this, and nothing else. */
export const changes: Readonly<Record<string, Change>> = {
  'a rotated signing secret': {
    set: { sources: { zendesk: { signingSecrets: 'hush-the-new-signing-secret-of-zendesk' } } },
    plan: { replaces: secretVersion },
  },
  'another ticket URL': updating(
    { sources: { zendesk: { ticketUrl: 'https://help.acme.com/tickets/{id}' } } },
    code,
  ),
  'one more source': {
    set: { sources: { forms } },
    plan: {
      creates: ofSource,
      updates: withSource,
    },
  },
  'one source less': {
    remove: ['sources.soap'],
    plan: {
      deletes: ofSource,
      updates: withSource,
    },
    alone: true,
  },
  'one partner source less': {
    remove: ['sources.cases'],
    plan: {
      deletes: 'cloudwatch/eventBus cloudwatch/eventRule cloudwatch/eventTarget lambda/permission',
      updates: 'cloudwatch/dashboard lambda/alias lambda/function sqs/queuePolicy',
    },
    alone: true,
  },
  'another API secret': {
    set: { twilio: { apiSecret: 'hush-the-next-secret-of-the-api-key' } },
    plan: { replaces: secretVersion },
  },
  'another Auth Token': {
    set: { twilio: { authToken: ['hush-the-third-auth-token-of-it'] } },
    plan: { replaces: secretVersion },
  },
  'no SharedKey': {
    remove: ['twilio.sharedKeySecret'],
    plan: {
      deletes: 'secretsmanager/secret secretsmanager/secretVersion',
      updates: `iam/rolePolicy ${code}`,
    },
    alone: true,
  },
  'another Workspace': updating({ twilio: { workspaceSid: `WS${'3'.repeat(32)}` } }, code),
  'sync.confirmAfterSeconds': updating({ sync: { confirmAfterSeconds: [30] } }, code),
  'sync.taskEvents': updating({ sync: { taskEvents: false } }, code),
  'limits.twilioConcurrentRequests': updating(
    { limits: { twilioConcurrentRequests: 24 } },
    'lambda/alias lambda/eventSourceMapping lambda/function',
  ),
  'limits.requestsPerSecond': updating({ limits: { requestsPerSecond: 20 } }, 'apigatewayv2/stage'),
  'limits.burst': updating({ limits: { burst: 9 } }, 'apigatewayv2/stage lambda/function'),
  'limits.reserveConcurrency': {
    set: { limits: { reserveConcurrency: false } },
    plan: { updates: 'lambda/function' },
    alone: true,
  },
  'alarms.email': {
    set: { alarms: { email: 'oncall@acme.com' } },
    plan: { creates: 'sns/topicSubscription' },
  },
  'alarms.runbookUrl': updating(
    { alarms: { runbookUrl: 'https://wiki.acme.com/runbook' } },
    'cloudwatch/dashboard cloudwatch/metricAlarm',
  ),
  'logs.retentionDays': updating({ logs: { retentionDays: 400 } }, 'cloudwatch/logGroup'),
  'key.administrators': updating(
    { key: { administrators: [`arn:aws:iam::${account}:role/security`] } },
    'kms/key',
  ),
  'key.deletionWindowDays': updating({ key: { deletionWindowDays: 7 } }, 'kms/key'),
  'a key of its owner’s': {
    set: {
      key: {
        arn: `arn:aws:kms:${region}:${account}:key/0a1b2c3d-1111-2222-3333-444455556666`,
        alarmsArn: `arn:aws:kms:${region}:${account}:key/0a1b2c3d-5555-6666-7777-888899990000`,
      },
    },
    plan: {
      deletes: 'kms/alias kms/key',
      updates: 'cloudwatch/logGroup iam/rolePolicy secretsmanager/secret sns/topic sqs/queue',
    },
    alone: true,
  },
  domain: {
    set: {
      domain: {
        name: 'hooks.acme.com',
        certificateArn: `arn:aws:acm:${region}:${account}:certificate/0a1b2c3d`,
      },
    },
    plan: {
      creates: 'apigatewayv2/apiMapping apigatewayv2/domainName',
      updates: 'apigatewayv2/api',
    },
  },
  vpc: {
    set: { vpc: { subnetIds: ['subnet-0a1b2c3d'], securityGroupIds: ['sg-0a1b2c3d'] } },
    plan: {
      creates: 'cloudwatch/eventRule cloudwatch/eventTarget lambda/permission',
      updates: `iam/rolePolicy ${code}`,
    },
    alone: true,
  },
  tags: {
    set: { tags: { team: 'voice' } },
    plan: {
      updates:
        'apigatewayv2/api apigatewayv2/stage cloudwatch/eventBus cloudwatch/eventRule cloudwatch/logGroup cloudwatch/metricAlarm iam/role kms/key lambda/eventSourceMapping lambda/function secretsmanager/secret sns/topic sqs/queue',
    },
  },
  keep: { set: { keep: ['logs', 'deadLetters'] }, plan: {} },
};

/** Settings after a change. */
export function changed(settings: Settings, { set = {}, remove = [] }: Change): Settings {
  return remove.reduce((of, path) => without(of, path.split('.')), merged(settings, set));
}

const encrypted = /^(sources\..*\.signingSecrets|twilio\.(apiSecret|authToken|sharedKeySecret))/;

/** The arguments of `pulumi config set-all` for settings, those with secrets encrypted, as the docs set them. */
export function configArguments(settings: Settings): readonly string[] {
  return leaves(settings, '').flatMap(([path, value]) => [
    encrypted.test(path) ? '--secret' : '--plaintext',
    `${project}:${path}=${value}`,
  ]);
}

/** Everything that no file of Pulumi may show. */
export const allSecrets: readonly string[] = Object.values(secrets);

function merged(one: Settings, other: Settings): Settings {
  const entries = Object.entries(other).map(([key, value]) => {
    const isGroup = isSettings(value) && isSettings(one[key]);
    return [key, isGroup ? merged(one[key] as Settings, value) : value];
  });
  return { ...one, ...Object.fromEntries(entries) };
}

function without(settings: Settings, [first = '', ...rest]: readonly string[]): Settings {
  const { [first]: value, ...others } = settings;
  return rest.length > 0 && isSettings(value)
    ? { ...others, [first]: without(value, rest) }
    : others;
}

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function leaves(value: unknown, path: string): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, of]) =>
    leaves(of, Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`),
  );
}
