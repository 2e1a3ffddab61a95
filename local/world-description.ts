import { randomBytes } from 'node:crypto';
import type { Crm } from '../fixtures/crm.ts';
import { bodyFormat } from '../lambdas/crm-change/authentic-payload.ts';
import { newSid } from './twin/sids.ts';
import type { WorldSource } from './world-sources.ts';

interface AnyDescribed {
  readonly kind: string;
  readonly ticketUrl: string;
  /** The Task attribute that holds the ticket's id. */
  readonly taskAttribute: string;
  /** What its kind has besides: which account, which field holds a SID. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A source whose CRM sends webhooks. */
export interface DescribedWebhook extends AnyDescribed {
  readonly transport: 'http';
  /** Where its webhooks go, by POST. */
  readonly url: string;
  /** What they are signed with, and how. */
  readonly secret: string;
  readonly signing: string;
  /** Headers that every one of them needs. */
  readonly headers: readonly string[];
  readonly contentType: string;
}

/** A source whose CRM sends events by EventBridge: nothing is signed. */
export interface DescribedEvents extends AnyDescribed {
  readonly transport: 'event-bus';
  /** An endpoint of EventBridge, for PutEvents. */
  readonly url: string;
  /** What `Source` and `DetailType` of an entry have to be. */
  readonly partnerEventSource: string;
  readonly detailType: string;
}

export type DescribedSource = DescribedWebhook | DescribedEvents;

/** Where everything of a running world is, and what opens it. */
export interface WorldDescription {
  /** Webhooks go to `<door>/webhooks/<source>`. */
  readonly door: string;
  /** The TaskRouter twin: the base URL of the REST API. */
  readonly taskrouter: string;
  /** The endpoint of SQS; it takes any credentials. */
  readonly sqs: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** The endpoint of EventBridge, and the queue of events that the function failed on. */
  readonly eventBridge: string;
  readonly eventDeadLetterQueueUrl: string;
  /** The endpoint of CloudWatch Logs, and the group of what the sync says. */
  readonly logs: string;
  readonly syncLogGroup: string;
  /** The endpoint of Secrets Manager, and the names of the secrets in it. */
  readonly secretsManager: string;
  readonly secrets: {
    readonly twilio: string;
    readonly authToken: string;
    /** By the source's name, of those that sign. */
    readonly sources: Readonly<Record<string, string>>;
  };
  readonly accountSid: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly workspaceSid: string;
  /** Signs TaskRouter's events, and where they go. */
  readonly authToken: string;
  readonly taskEventsUrl: string;
  readonly region: string;
  /** One of every kind, by name. */
  readonly sources: Readonly<Record<string, DescribedSource>>;
}

/** A Twilio account that nobody has. */
export const randomAccount = () => ({
  accountSid: newSid('AC'),
  apiKey: newSid('SK'),
  apiSecret: randomBytes(24).toString('base64url'),
  workspaceSid: newSid('WS'),
  authToken: randomBytes(16).toString('hex'),
});

const settingsOf = ({ ticketUrl, taskAttribute, ...settings }: Crm['settings']) => ({
  ticketUrl,
  taskAttribute,
  settings,
});

/** A source, as those need it who send for it. */
export const describeSource = (
  of: WorldSource,
  { door, eventBridge }: Pick<WorldDescription, 'door' | 'eventBridge'>,
): DescribedSource => {
  const { kind, name } = of;
  if (of.transport === 'event-bus') {
    const { detailType } = of.crm;
    const { partnerEventSource, ...others } = of.crm.settings;
    return {
      kind,
      transport: of.transport,
      url: eventBridge,
      partnerEventSource,
      detailType,
      ...settingsOf(others),
    };
  }
  const { crm, source, secret } = of;
  return {
    kind,
    transport: of.transport,
    url: `${door}/webhooks/${name}${source.takesPathToken ? `/${secret}` : ''}`,
    secret,
    headers: source.requiredHeaders,
    contentType: bodyFormat(source).contentTypes.join(' or '),
    signing: crm.signingDescription,
    ...settingsOf(crm.settings),
  };
};

/**
 * A source that sends webhooks, by name.
 * @throws Error when there is none.
 */
export const webhookOf = (
  { sources }: Pick<WorldDescription, 'sources'>,
  name: string,
): DescribedWebhook => {
  const source = sources[name];
  if (source?.transport !== 'http') throw new Error(`${name} is no source that sends webhooks`);
  return source;
};
