import * as z from 'zod';
import { defaultStatus } from '../../http/errors.ts';
import {
  changesForMerge,
  changesForRemoval,
  changesForUpdate,
  orInvalid,
  type TicketSnapshot,
} from '../changes.ts';
import { millisecondsOf, parseSid, Timestamp } from '../parse/fields.ts';
import { parsePayload as parse } from '../parse/payload.ts';
import { hubHeaders, verifyHubSignature } from '../signing/hmac.ts';
import { type EventResult, httpSource } from '../source.ts';
import { ticketIdSchema } from '../ticket-ids.ts';

/**
 * Jira Cloud retries after a 408, 409, 425, 429, any 5xx and a timeout, up to five times, 5 to 15 minutes apart.
 * After any other status the event is lost.
 * Source: https://developer.atlassian.com/cloud/jira/platform/webhooks/#retry-policy, and
 * https://community.developer.atlassian.com/t/new-jira-cloud-webhook-retry-policy/30554 for the list
 */
const statusOf = defaultStatus;

const issueEvents = new Map<string, 'present' | 'removed'>([
  ['jira:issue_created', 'present'],
  ['jira:issue_updated', 'present'],
  ['jira:issue_deleted', 'removed'],
]);

const AnyEvent = z.object({
  webhookEvent: z.string(
    "must be the name of an event, e.g. jira:issue_updated: use a webhook of Jira's own (System > WebHooks), not a web request of an automation",
  ),
});

const IssueKey = ticketIdSchema({ kind: 'jira' });

/** When Jira raised the event, in milliseconds since 1970. */
const EventTime = z.object({ timestamp: z.int().nonnegative() });

const Moment = EventTime.transform(({ timestamp }) => timestamp);

/**
 * One change of the log. A field of it is named `toString`. If Jira leaves it out, a schema that names this field
 * would find the function that every object has, and reject it.
 */
const LoggedChange = z.record(z.string(), z.unknown());

/** If an item of the log is not a change, the others still count. */
const LoggedChanges = z
  .array(z.unknown())
  .transform((items) =>
    items.map((item) => LoggedChange.safeParse(item).data).filter((item) => item !== undefined),
  );

/**
 * The fields of an issue event that we read. `fields` is the issue after the event. Custom fields have their ids as
 * names.
 * Source: https://developer.atlassian.com/cloud/jira/platform/webhooks/
 */
const IssueEvent = EventTime.extend({
  issue: z.object({
    key: IssueKey,
    fields: z.looseObject({ updated: Timestamp.nullish() }).nullish(),
  }),
  changelog: z.object({ items: LoggedChanges }).catch({ items: [] }),
});

type IssueEvent = z.output<typeof IssueEvent>;

/** The old key in the log. The schema's path is the path that an error names. */
const LoggedKey = z.object({ 'changelog.items.fromString': IssueKey });

const settings = {
  /** Id of the custom field that holds a Twilio SID (Task, call or conversation). */
  sidField: z
    .string('must be customfield_ and the number of a custom field')
    .regex(/^customfield_[0-9]{1,20}$/, 'must be customfield_ and the number of a custom field')
    .optional(),
};

export const jira = httpSource({
  settings,
  requiredHeaders: hubHeaders,
  deliveryHeader: 'x-atlassian-webhook-identifier',
  statusOf,
  retryAfterSeconds: 30,
  // The example in Atlassian's description of the signature.
  publishedSecrets: ["It's a Secret to Everybody"],

  authenticate: (request, secrets, now) =>
    verifyHubSignature('sha256', Moment, request, secrets, now),

  normalise: (payload, { sidField }) => {
    const { webhookEvent } = parse(AnyEvent, payload);
    const kind = issueEvents.get(webhookEvent);
    if (kind === undefined) return [{ kind: 'ignored', reason: 'not an issue event' }];
    const event = parse(IssueEvent, payload);
    const state = {
      id: event.issue.key,
      version: versionOf(kind, event),
      occurredAt: event.timestamp,
      ...sidsOf(event, sidField),
    };
    if (kind === 'removed') return changesForRemoval(state);
    return [...orInvalid(() => changesForMove(event, state)), ...changesForUpdate(state)];
  },
});

/** The SID that the issue has, and the SID that it had if the log names it. */
function sidsOf({ issue, changelog }: IssueEvent, sidField: string | undefined) {
  if (sidField === undefined) return { from: undefined, to: undefined };
  const logged = changelog.items.find((item) => item['fieldId'] === sidField);
  const loggedSid = (text: string, id: string) =>
    parseSid(logged?.[text]) ?? parseSid(logged?.[id]);
  const value = issue.fields?.[sidField];
  return {
    from: loggedSid('fromString', 'from'),
    to: value === undefined ? loggedSid('toString', 'to') : parseSid(value),
  };
}

/** The changes for the issue's old key, if the issue was moved to another project. */
function changesForMove({ changelog }: IssueEvent, state: TicketSnapshot): readonly EventResult[] {
  const logged = changelog.items.find((item) => item['field'] === 'Key')?.['fromString'];
  if (logged === undefined || logged === null || logged === '') return [];
  const { 'changelog.items.fromString': id } = parse(LoggedKey, {
    'changelog.items.fromString': logged,
  });
  return id === state.id ? [] : changesForMerge({ ...state, id }, state.id);
}

/**
 * The version: the time of the issue's last update, in milliseconds since 1970. A deletion does not update the
 * issue, so its version is the time of its event, which is later than any update before.
 */
function versionOf(kind: 'present' | 'removed', { timestamp, issue }: IssueEvent): bigint {
  const updated = kind === 'present' ? issue.fields?.updated : undefined;
  return BigInt(updated == null ? timestamp : millisecondsOf(updated));
}
