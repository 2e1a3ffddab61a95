import * as z from 'zod';
import { Link } from '../../shared/messages/link.ts';

/** A source, as far as reading its tickets from a Task needs it. */
export interface DeployedSource {
  readonly kind: string;
  readonly taskAttribute?: string | undefined;
}

/** The ticket pages of a source, and how Flex Insights shows them. */
export interface TicketPages {
  /** With `{id}` in place of the ticket id. */
  readonly ticketUrl: string;
  readonly linkType: Link['type'];
  /** Hosts that links may point to. Default: the host of `ticketUrl`. */
  readonly allowedHosts?: readonly string[] | undefined;
}

/** A Twilio API key. */
export interface TwilioApiKey {
  readonly accountSid: string;
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** Settings of an AWS SDK client. */
export interface AwsClientConfig {
  readonly region: string;
  readonly profile?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** One running crm-media-sync, as far as the commands need it. */
export interface Deployment {
  /** For people, e.g. `stack dev`. */
  readonly name: string;
  /**
   * The operator's own API key.
   * @throws Failure if the operator has set none
   */
  readonly credentials: () => TwilioApiKey;
  readonly workspaceSid: string;
  /** Base URL of the TaskRouter API, e.g. `https://taskrouter.twilio.com`. */
  readonly taskRouterUrl: string;
  /** The URL that Twilio sends TaskRouter events to. */
  readonly taskEventsUrl: string;
  /** By name. */
  readonly sources: Readonly<Record<string, DeployedSource & TicketPages>>;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** For EventBridge events that crm-change could not process. */
  readonly eventDeadLetterQueueUrl: string;
  /** sync logs the outcome of each message there. */
  readonly syncLogGroup: string;
  /** The prefix of the names of its alarms. The local stack has none. */
  readonly alarmNamePrefix?: string | undefined;
  /** The SNS topic of its alarms. The local stack has none. */
  readonly alarmTopicArn?: string | undefined;
  /** Names of the secrets in Secrets Manager. */
  readonly secrets: DeployedSecrets;
  readonly aws: {
    readonly sqs: AwsClientConfig;
    readonly logs: AwsClientConfig;
    readonly secretsManager: AwsClientConfig;
    /** The local stack has none. */
    readonly cloudWatch?: AwsClientConfig;
    /** The local stack has none. */
    readonly sns?: AwsClientConfig;
  };
}

/** What the outputs of a stack and the state file of the local stack have in common. */
export const DeploymentInfo = z.object({
  taskEventsUrl: z.url(),
  workspaceSid: z.string().regex(/^WS[0-9a-fA-F]{32}$/, 'must be WS and 32 hexadecimal digits'),
  sources: z.record(
    z.string(),
    z.object({
      kind: z.string(),
      taskAttribute: z.string().optional(),
      ticketUrl: z.url({ protocol: /^https$/, error: 'must be an https URL' }),
      linkType: Link.shape.type.default('Referenced'),
      allowedHosts: z.array(z.string()).optional(),
    }),
  ),
  queueUrl: z.url(),
  deadLetterQueueUrl: z.url(),
  eventDeadLetterQueueUrl: z.url(),
  syncLogGroup: z.string().min(1),
  alarmNamePrefix: z.string().min(1).optional(),
  alarmTopicArn: z.string().min(1).optional(),
  secrets: z.object({
    twilio: z.string(),
    authToken: z.string(),
    /** By source name; a source on an event bus has none. */
    sources: z.record(z.string(), z.string()),
  }),
});

type DeployedSecrets = z.infer<typeof DeploymentInfo>['secrets'];
