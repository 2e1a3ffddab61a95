import { randomBytes } from 'node:crypto';
import type { SourceConfig } from '../shared/config/source.ts';
import { newSid } from './twin/sids.ts';

export interface DescribedSource {
  readonly kind: SourceConfig['kind'];
  /** What its webhooks are signed with. */
  readonly secret: string;
  readonly ticketUrl: string;
  readonly taskAttribute: string;
}

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
  readonly accountSid: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly workspaceSid: string;
  readonly region: string;
  readonly sources: Readonly<Record<'zendesk' | 'generic', DescribedSource>>;
}

/** Signing secrets of the sources, as their senders would have them. */
export interface SigningSecrets {
  readonly zendesk: string;
  readonly generic: string;
}

/** A Twilio account that nobody has. */
export const randomAccount = () => ({
  accountSid: newSid('AC'),
  apiKey: newSid('SK'),
  apiSecret: randomBytes(24).toString('base64url'),
  workspaceSid: newSid('WS'),
});

/** The two sources of the world, with secrets of their kinds where none are given. */
export const describeSources = (secrets: Partial<SigningSecrets>): WorldDescription['sources'] => {
  const random = () => randomBytes(32).toString('base64');
  return {
    zendesk: {
      kind: 'zendesk',
      secret: secrets.zendesk ?? random(),
      ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
      taskAttribute: 'zd_ticket_id',
    },
    generic: {
      kind: 'standard-webhooks',
      secret: secrets.generic ?? `whsec_${random()}`,
      ticketUrl: 'https://tickets.example.com/{id}',
      taskAttribute: 'ticket_id',
    },
  };
};
