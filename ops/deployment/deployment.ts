import * as z from 'zod';
import { Link } from '../../shared/messages/link.ts';

/** A source as far as a Task names its tickets. */
export interface DeployedSource {
  readonly kind: string;
  readonly taskAttribute?: string | undefined;
}

/** Where the pages of a source's tickets are, and how Flex Insights shows them. */
export interface TicketPages {
  /** With `{id}` for the ticket's id. */
  readonly ticketUrl: string;
  readonly linkType: Link['type'];
  /** Hosts that links may point to; the one of `ticketUrl` where it is not told. */
  readonly allowedHosts?: readonly string[] | undefined;
}

/** An API key of Twilio's. */
export interface TwilioApiKey {
  readonly accountSid: string;
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** How one service of AWS is asked: settings of an SDK client. */
export interface AwsClientConfig {
  readonly region: string;
  readonly profile?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** One running crm-media-sync, as far as an operator's commands need it. */
export interface Deployment {
  /** For people, e.g. `stack dev`. */
  readonly name: string;
  /**
   * An API key of the operator's.
   * @throws Failure where the operator has given none
   */
  readonly credentials: () => TwilioApiKey;
  readonly workspaceSid: string;
  /** Where TaskRouter's API is, e.g. `https://taskrouter.twilio.com`. */
  readonly taskRouterUrl: string;
  /** Where Twilio is to tell of TaskRouter's events. */
  readonly taskEventsUrl: string;
  /** By name. */
  readonly sources: Readonly<Record<string, DeployedSource & TicketPages>>;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Of events of EventBridge that could not be taken in. */
  readonly eventDeadLetterQueueUrl: string;
  /** Where the sync writes what each message came to. */
  readonly syncLogGroup: string;
  /** What the names of its alarms begin with. Not there in the embedded world. */
  readonly alarmNamePrefix?: string | undefined;
  /** Where its alarms are told. Not there in the embedded world. */
  readonly alarmTopicArn?: string | undefined;
  /** Names of the secrets in Secrets Manager. */
  readonly secrets: DeployedSecrets;
  readonly aws: {
    readonly sqs: AwsClientConfig;
    readonly logs: AwsClientConfig;
    readonly secretsManager: AwsClientConfig;
    /** Not there in the embedded world. */
    readonly cloudWatch?: AwsClientConfig;
    /** Not there in the embedded world. */
    readonly sns?: AwsClientConfig;
  };
}

/** What both a stack and the embedded world tell of themselves; each tells more. */
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
    /** By the source's name, of those that sign. */
    sources: z.record(z.string(), z.string()),
  }),
});

type DeployedSecrets = z.infer<typeof DeploymentInfo>['secrets'];
