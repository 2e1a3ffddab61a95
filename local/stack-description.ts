import { randomBytes } from 'node:crypto';
import type { Crm } from '../fixtures/crm.ts';
import type { QueueName } from '../shared/config/limits.ts';
import { bodyFormat } from '../shared/crm/source.ts';
import type { LocalSource } from './sources.ts';
import { newSid } from './taskrouter/sids.ts';

/** Where everything of a running stack is, and its credentials. */
export interface LocalStackDescription extends TwilioAccount {
  /** Base URL of the HTTP API: webhooks go to `<webhooks>/webhooks/<source>`. */
  webhooks: string;
  /** The TaskRouter emulator: the base URL of the REST API. */
  taskrouter: string;
  /** The endpoint of SQS; it takes any credentials. */
  sqs: string;
  queueUrls: Readonly<Record<QueueName, string>>;
  deadLetterQueueUrl: string;
  /** The endpoint of EventBridge, and the queue of events that the function failed on. */
  eventBridge: string;
  eventDeadLetterQueueUrl: string;
  /** The endpoint of CloudWatch Logs, and the groups of the functions' log lines. */
  logs: string;
  syncLogGroup: string;
  crmChangeLogGroup: string;
  taskEventLogGroup: string;
  /** The endpoint of Lambda, which invokes crm-change, and pauses and resumes the event source of sync. */
  lambda: string;
  functions: { crmChange: string; sync: string };
  /** The endpoint of Secrets Manager, and the names of its secrets. */
  secretsManager: string;
  secrets: {
    twilio: string;
    authToken: string;
    /** By the name of the source, of sources with a signing secret. */
    sources: Readonly<Record<string, string>>;
  };
  /** Where TaskRouter sends its events. */
  taskEventsUrl: string;
  region: string;
  /** The address of the console; only `npm start` has one. */
  console?: string;
  /** One of each kind, by name. */
  sources: Readonly<Record<string, SourceDescription>>;
}

export interface TwilioAccount {
  accountSid: string;
  apiKey: string;
  apiSecret: string;
  workspaceSid: string;
  /** Signs TaskRouter's events. */
  authToken: string;
}

interface SourceDescriptionBase {
  kind: string;
  ticketUrl: string;
  linkType: 'Referenced' | 'Embedded';
  /** Whether a title that the CRM sends reaches the link. */
  titleFromCrm: boolean;
  /** The Task attribute that holds the ticket's id. */
  taskAttribute: string;
  /** The other settings of its kind, e.g. which field holds a SID. */
  settings: Readonly<Record<string, unknown>>;
}

/** A source whose CRM sends webhooks. */
export interface WebhookSourceDescription extends SourceDescriptionBase {
  transport: 'http';
  /** Where its webhooks go, by POST. */
  url: string;
  /** The signing secret, and in words how the CRM signs. */
  secret: string;
  signing: string;
  /** Headers that each webhook needs. */
  headers: readonly string[];
  contentType: string;
}

/** A source whose CRM sends events by EventBridge: nothing is signed. */
export interface EventBusSourceDescription extends SourceDescriptionBase {
  transport: 'event-bus';
  /** An endpoint of EventBridge, for PutEvents. */
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

/** What a sender needs to know about a source. */
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
 * A source that sends webhooks, by name.
 * @throws Error when there is none
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
