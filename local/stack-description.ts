import { randomBytes } from 'node:crypto';
import type { Crm, EventBusCrm, HttpCrm } from '../fixtures/crm.ts';
import { loadCrms } from '../fixtures/load.ts';
import { sourceKinds } from '../shared/crm/config.ts';
import { secretProblem } from '../shared/crm/signing/secret-problem.ts';
import { bodyFormat, type HttpSource } from '../shared/crm/source.ts';
import { newSid } from './taskrouter/sids.ts';

interface SourceDescriptionBase {
  readonly kind: string;
  readonly ticketUrl: string;
  /** The Task attribute that holds the ticket's id. */
  readonly taskAttribute: string;
  /** What its kind has besides: which account, which field holds a SID. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A source whose CRM sends webhooks. */
export interface WebhookSourceDescription extends SourceDescriptionBase {
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
interface EventBusSourceDescription extends SourceDescriptionBase {
  readonly transport: 'event-bus';
  /** An endpoint of EventBridge, for PutEvents. */
  readonly url: string;
  /** What `Source` and `DetailType` of an entry have to be. */
  readonly partnerEventSource: string;
  readonly detailType: string;
}

export type SourceDescription = WebhookSourceDescription | EventBusSourceDescription;

/** Where everything of a running world is, and what opens it. */
export interface LocalStackDescription {
  /** Webhooks go to `<door>/webhooks/<source>`. */
  readonly webhooks: string;
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
  readonly sources: Readonly<Record<string, SourceDescription>>;
}

/** A Twilio account that nobody has. */
export function randomAccount() {
  return {
    accountSid: newSid('AC'),
    apiKey: newSid('SK'),
    apiSecret: randomBytes(24).toString('base64url'),
    workspaceSid: newSid('WS'),
    authToken: randomBytes(16).toString('hex'),
  };
}

/** A source, as those need it who send for it. */
export function describeSource(
  of: LocalSource,
  { webhooks, eventBridge }: Pick<LocalStackDescription, 'webhooks' | 'eventBridge'>,
): SourceDescription {
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
      ...describeSettings(others),
    };
  }
  const { crm, source, secret } = of;
  return {
    kind,
    transport: of.transport,
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
 * @throws Error when there is none.
 */
export function findWebhookSource(
  { sources }: Pick<LocalStackDescription, 'sources'>,
  name: string,
): WebhookSourceDescription {
  const source = sources[name];
  if (source?.transport !== 'http') throw new Error(`${name} is no source that sends webhooks`);
  return source;
}

/** One source of every kind, with the CRM that stands behind it. */
export type LocalSource = { readonly name: string; readonly kind: string } & (
  | {
      readonly transport: 'http';
      readonly crm: HttpCrm;
      readonly source: HttpSource;
      readonly secret: string;
    }
  | { readonly transport: 'event-bus'; readonly crm: EventBusCrm }
);

/**
 * The sources of the embedded world: one of every kind, each with the secret that is given by its
 * name, or a new one.
 * @throws Error that names the source when a secret must not be used, or is for no source.
 */
export async function createLocalSources(
  secrets: Readonly<Record<string, string>>,
): Promise<readonly LocalSource[]> {
  const sources = [...(await loadCrms())].map(([kind, crm]): LocalSource => {
    const name = sourceName(kind);
    if (crm.transport === 'event-bus') return { name, kind, transport: 'event-bus', crm };
    const source = sourceKinds.get(kind);
    if (source?.transport !== 'http') throw new Error(`${kind} does not come by HTTP`);
    const secret = checkSecret(name, source, secrets[name] ?? crm.newSecret());
    return { name, kind, transport: 'http', crm, source, secret };
  });
  const signing = sources.filter(({ transport }) => transport === 'http').map(({ name }) => name);
  const unknown = Object.keys(secrets).find((name) => !signing.includes(name));
  if (unknown !== undefined) {
    throw new Error(`${unknown} is no source that signs: those are ${signing.join(', ')}`);
  }
  return sources;
}

function describeSettings({ ticketUrl, taskAttribute, ...settings }: Crm['settings']) {
  return {
    ticketUrl,
    taskAttribute,
    settings,
  };
}

/** A source bears the name of its kind, save this one, which may be anything. */
function sourceName(kind: string): string {
  return kind === 'standard-webhooks' ? 'generic' : kind;
}

/** A secret must not have come to nothing on its way here, nor be one that everybody knows. */
function checkSecret(name: string, source: HttpSource, secret: string): string {
  const problem = secretProblem(source, secret);
  if (problem !== undefined) throw new Error(`The secret of ${name} ${problem}`);
  return secret;
}
