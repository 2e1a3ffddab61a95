import { randomBytes } from 'node:crypto';
import type { Crm } from '../fixtures/crm.ts';
import type { QueueName } from '../shared/config/limits.ts';
import { bodyFormat } from '../shared/crm/source.ts';
import type { LocalSource } from './sources.ts';
import { newSid } from './taskrouter/sids.ts';

/** The addresses and credentials of a running stack. */
export interface LocalStackDescription extends TwilioAccount {
  /** The base URL of the HTTP API. Webhooks go to `<webhooks>/webhooks/<source>`. */
  webhooks: string;
  /** The base URL of the TaskRouter emulator's REST API. */
  taskrouter: string;
  /** The URL of SQS. It accepts any credentials. */
  sqs: string;
  queueUrls: Readonly<Record<QueueName, string>>;
  deadLetterQueueUrl: string;
  /** The URL of EventBridge, and of the queue with events that crm-change could not process. */
  eventBridge: string;
  eventDeadLetterQueueUrl: string;
  /** The URL of CloudWatch Logs, and the log group of each function. */
  logs: string;
  syncLogGroup: string;
  crmChangeLogGroup: string;
  taskEventLogGroup: string;
  /** The URL of Lambda. It can invoke crm-change, and pause and resume the event source mappings of sync. */
  lambda: string;
  functions: { crmChange: string; sync: string };
  /** The URL of Secrets Manager, and the names of its secrets. */
  secretsManager: string;
  secrets: {
    twilio: string;
    authToken: string;
    /** The name of each source's signing secret, by the name of the source. */
    sources: Readonly<Record<string, string>>;
  };
  /** The URL that TaskRouter sends its events to. */
  taskEventsUrl: string;
  region: string;
  /** The URL of the console. Only `npm start` has a console. */
  console?: string;
  /** The sources by name, one of each kind. */
  sources: Readonly<Record<string, SourceDescription>>;
}

export interface TwilioAccount {
  accountSid: string;
  apiKey: string;
  apiSecret: string;
  workspaceSid: string;
  /** The key that signs TaskRouter's events. */
  authToken: string;
}

interface SourceDescriptionBase {
  kind: string;
  ticketUrl: string;
  linkType: 'Referenced' | 'Embedded';
  /** Whether the link uses a title that the CRM sends. */
  titleFromCrm: boolean;
  /** The Task attribute that contains the ticket's id. */
  taskAttribute: string;
  /** The other settings of its kind, e.g. which field contains a SID. */
  settings: Readonly<Record<string, unknown>>;
}

/** A source whose CRM sends webhooks. */
export interface WebhookSourceDescription extends SourceDescriptionBase {
  transport: 'http';
  /** The URL that the CRM sends its webhooks to, by POST. */
  url: string;
  /** The signing secret, and a text that says how the CRM signs. */
  secret: string;
  signing: string;
  /** The headers that each webhook needs. */
  headers: readonly string[];
  contentType: string;
}

/** A source whose CRM sends events through EventBridge. They have no signature. */
export interface EventBusSourceDescription extends SourceDescriptionBase {
  transport: 'event-bus';
  /** The URL of EventBridge, for PutEvents. */
  url: string;
  /** `Source` and `DetailType` of each entry. */
  partnerEventSource: string;
  detailType: string;
}

export type SourceDescription = WebhookSourceDescription | EventBusSourceDescription;

/** A Twilio account with random SIDs and secrets. */
export function randomAccount(): TwilioAccount {
  return {
    accountSid: newSid('AC'),
    apiKey: newSid('SK'),
    apiSecret: randomBytes(24).toString('base64url'),
    workspaceSid: newSid('WS'),
    authToken: randomBytes(16).toString('hex'),
  };
}

/** The addresses, secret and settings of a source, for a sender. */
export function describeSource(
  localSource: LocalSource,
  { webhooks, eventBridge }: Pick<LocalStackDescription, 'webhooks' | 'eventBridge'>,
): SourceDescription {
  const { kind, name } = localSource;
  if (localSource.transport === 'event-bus') {
    const { detailType } = localSource.crm;
    const { partnerEventSource, ...others } = localSource.crm.settings;
    return {
      kind,
      transport: localSource.transport,
      url: eventBridge,
      partnerEventSource,
      detailType,
      ...describeSettings(others),
    };
  }
  const { crm, source, secret } = localSource;
  return {
    kind,
    transport: localSource.transport,
    url: `${webhooks}/webhooks/${name}${source.takesPathToken ? `/${secret}` : ''}`,
    secret,
    headers: source.requiredHeaders,
    contentType: bodyFormat(source).contentTypes.join(' or '),
    signing: crm.signingDescription,
    ...describeSettings(crm.settings),
  };
}

/**
 * Finds a source that sends webhooks, by its name.
 * @throws Error if there is none
 */
export function findWebhookSource(
  { sources }: Pick<LocalStackDescription, 'sources'>,
  name: string,
): WebhookSourceDescription {
  const source = sources[name];
  if (source?.transport !== 'http') throw new Error(`${name} is not a source that sends webhooks`);
  return source;
}

function describeSettings({ ticketUrl, taskAttribute, ...others }: Crm['settings']) {
  const { linkType, titleFromCrm, ...settings } = others;
  return {
    ticketUrl,
    linkType: linkType === 'Embedded' ? ('Embedded' as const) : ('Referenced' as const),
    titleFromCrm: titleFromCrm === true,
    taskAttribute,
    settings,
  };
}
