import * as z from 'zod';
import type { QueueName } from '../../shared/config/limits.ts';
import { type LinkConfig, LinkConfigs } from '../../shared/crm/link-settings.ts';
import { type TicketIdSource, ticketIdOf, ticketIdSchema } from '../../shared/crm/ticket-ids.ts';
import { sourceOf } from '../../shared/messages/ticket-change.ts';
import { Failure } from '../failure.ts';

/** A Twilio API key. */
export interface TwilioApiKey {
  accountSid: string;
  apiKey: string;
  apiSecret: string;
}

/** Settings of an AWS SDK client. */
export interface AwsClientConfig {
  region: string;
  profile?: string;
  endpoint?: string;
  /** Only for SQS clients. */
  useQueueUrlAsEndpoint?: false;
  /** Whether each new client reads the credential files again, because somebody may have renewed them. */
  ignoreCache?: true;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** A running crm-media-sync, with the data that the commands need. */
export interface Deployment {
  /** The name for people, e.g. `stack dev`. */
  name: string;
  /** The option that names the deployment on the command line: `--stack <name>` or `--local`. */
  option: string;
  /**
   * The operator's own API key.
   * @throws Failure if the operator has set none
   */
  credentials: () => TwilioApiKey;
  workspaceSid: string;
  /** Base URL of the TaskRouter API, e.g. `https://taskrouter.twilio.com`. */
  taskRouterUrl: string;
  /** The URL that Twilio sends TaskRouter events to. */
  taskEventsUrl: string;
  /** The sources, by name. */
  sources: Readonly<Record<string, LinkConfig>>;
  queueUrls: Readonly<Record<QueueName, string>>;
  deadLetterQueueUrl: string;
  /** The queue of EventBridge events that crm-change could not process. */
  eventDeadLetterQueueUrl: string;
  /** The log group of sync. It contains the outcome of each message. */
  syncLogGroup: string;
  /** The log groups of crm-change and task-event. They contain each request. */
  crmChangeLogGroup: string;
  taskEventLogGroup: string;
  /** The names of its Lambda functions. */
  functions: { crmChange: string; sync: string };
  /** The aliases that trigger its Lambda functions, by function. The local stack has none. */
  aliases?: z.infer<typeof Aliases> | undefined;
  /** The prefix of the names of its alarms. The local stack has none. */
  alarmNamePrefix?: string | undefined;
  /** The SNS topic of its alarms. The local stack has none. */
  alarmTopicArn?: string | undefined;
  /** The EventBridge rules of sources that send through EventBridge, by source. */
  eventRules?: z.infer<typeof EventRules> | undefined;
  /** Names of the secrets in Secrets Manager. */
  secrets: DeployedSecrets;
  aws: {
    sqs: AwsClientConfig;
    logs: AwsClientConfig;
    secretsManager: AwsClientConfig;
    lambda: AwsClientConfig;
    /** The local stack has none. */
    cloudWatch?: AwsClientConfig;
    /** The local stack has none. */
    sns?: AwsClientConfig;
    /** The local stack has none. */
    eventBridge?: AwsClientConfig;
    /** The local stack has none. */
    sts?: AwsClientConfig;
  };
}

/** The ARNs of the aliases. */
const Aliases = z.object({
  crmChange: z.string().min(1),
  taskEvent: z.string().min(1),
  sync: z.string().min(1),
});

const EventRules = z.record(z.string(), z.object({ bus: z.string(), rule: z.string() }));

/** What the outputs of a stack and the state file of the local stack have in common. */
export const DeploymentInfo = z.object({
  taskEventsUrl: z.url(),
  workspaceSid: z.string().regex(/^WS[0-9a-fA-F]{32}$/, 'must be WS and 32 hexadecimal digits'),
  sources: LinkConfigs,
  queueUrls: z.object({ changes: z.url(), lookups: z.url() }),
  deadLetterQueueUrl: z.url(),
  eventDeadLetterQueueUrl: z.url(),
  syncLogGroup: z.string().min(1),
  crmChangeLogGroup: z.string().min(1),
  taskEventLogGroup: z.string().min(1),
  functions: z.object({ crmChange: z.string().min(1), sync: z.string().min(1) }),
  aliases: Aliases.optional(),
  alarmNamePrefix: z.string().min(1).optional(),
  alarmTopicArn: z.string().min(1).optional(),
  eventRules: EventRules.optional(),
  secrets: z.object({
    twilio: z.string(),
    authToken: z.string(),
    sharedKey: z.string().optional(),
    /** The names of secrets, by source. A source on an event bus has none. */
    sources: z.record(z.string(), z.string()),
  }),
});

type DeployedSecrets = z.infer<typeof DeploymentInfo>['secrets'];

/**
 * The id of a ticket in the form of its source. The operator may give it in any form.
 * @throws Failure if it does not have the shape of the source's ids
 */
export function requireTicketId(id: string, name: string, source: TicketIdSource): string {
  const found = ticketIdOf(id, source);
  if (found !== undefined) return found;
  const [issue] = ticketIdSchema(source).safeParse(id).error?.issues ?? [];
  throw new Failure(`The ticket id is not valid for ${name}.`, `It ${issue?.message}.`);
}

/**
 * The key of a ticket, with its id in the form of its source. If the source is not configured, the key stays as it
 * is, because dead letters may be older than the configuration.
 * @throws Failure if the id does not have the shape of the source's ids
 */
export function requireTicketKey(
  key: string,
  sources: Readonly<Record<string, TicketIdSource>>,
): string {
  const name = sourceOf(key);
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (source === undefined) return key;
  return `${name}/${requireTicketId(key.slice(name.length + 1), name, source)}`;
}
