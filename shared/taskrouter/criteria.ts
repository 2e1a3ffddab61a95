import { isFormOf, otherForms } from '../crm/ticket-ids.ts';
import { type Json, parseJson, textAt } from '../json.ts';
import { ledgerAttribute, ledgerHolds } from '../media/ledger.ts';
import type { Correlation, TicketAttribute, TicketChange } from '../messages/ticket-change.ts';

/** The part of a ticket's change that a search needs. */
export type TaskSearch = Pick<TicketChange, 'ticket' | 'correlation' | 'link' | 'exclusive'>;

/** A condition that a Task may match: an attribute that equals a value, or a ledger that contains a ticket. */
export interface Criterion {
  attribute: string;
  match: 'equal' | 'ledger';
  value: string;
  /** For a ticket's id: the kind of its source. Each form of the id matches. */
  kind?: string | undefined;
}

/** Whether a correlation has a SID. */
export function hasSid({ taskSid, callSid, conversationSid }: Correlation): boolean {
  return taskSid !== undefined || callSid !== undefined || conversationSid !== undefined;
}

/** How a change matches a Task. If several kinds match, the first in this list counts. */
export const matchKinds = ['sid', 'attribute', 'replaces', 'ledger'] as const;

export type MatchKind = (typeof matchKinds)[number];

/**
 * The criteria of the Tasks that a change may affect, beside the Task of its own SID:
 *
 * - `sid`: it has the conversation's SID. A call has a leg for the customer and one for the agent, and CRMs
 *   have the SID of either. After a transfer the Task has that of the latest agent alone;
 * - `attribute`: it names the ticket. This counts only without a SID, or if the ticket is deleted: a late
 *   change must not bring it back to a Task that names it;
 * - `replaces`: its ledger has the ticket that was merged into this one;
 * - `ledger`: its ledger has the ticket, and the change is exclusive.
 *
 * Sources for the names of the attributes:
 * https://www.twilio.com/docs/flex/developer/insights/taskrouter-data
 * https://www.twilio.com/docs/flex/developer/conversations/interactions-api
 */
export function criteriaByKind({
  ticket,
  correlation,
  link,
  exclusive,
}: TaskSearch): Readonly<Record<MatchKind, readonly Criterion[]>> {
  const { callSid, conversationSid, attribute, replaces } = correlation;
  const isDeleted = link === null && exclusive === true;
  const isByAttribute = attribute !== undefined && (isDeleted || !hasSid(correlation));
  return {
    sid: [
      ...equalTo(
        callSid,
        'call_sid',
        'conference.participants.customer',
        'conference.participants.worker',
      ),
      ...equalTo(conversationSid, 'conversationSid', 'channelSid'),
    ],
    attribute: isByAttribute ? namedIn(attribute) : [],
    replaces: inLedger(replaces),
    ledger: inLedger(exclusive ? ticket : undefined),
  };
}

/** All of these criteria. A Task must match one of them. Empty if the Task's SID is enough. */
export function criteriaFor(query: TaskSearch): readonly Criterion[] {
  return Object.values(criteriaByKind(query)).flat();
}

/** Whether a Task's attributes match a criterion. A number equals its digits: 123 equals `123`. */
export function matches(attributes: Json, { attribute, match, value, kind }: Criterion): boolean {
  const text = textAt(attributes, attribute);
  if (text === undefined) return false;
  if (match === 'ledger') return ledgerHolds(text, value);
  return kind === undefined ? text === value : isFormOf(value, text, kind);
}

/** A Task's attributes, parsed. Null if they are not JSON. Null matches nothing. */
export function attributesOrNull(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

function equalTo(value: string | undefined, ...attributes: readonly string[]): Criterion[] {
  return value === undefined
    ? []
    : attributes.map((attribute) => ({ attribute, match: 'equal', value }));
}

/** The criteria of Tasks that name the ticket, in the plausible forms of its id. */
function namedIn({ name, value, kind }: TicketAttribute): Criterion[] {
  const forms = kind === undefined ? [] : otherForms(value, kind);
  return [
    { attribute: name, match: 'equal', value, kind },
    ...forms.flatMap((form) => equalTo(form, name)),
  ];
}

function inLedger(ticket: string | undefined): Criterion[] {
  return ticket === undefined
    ? []
    : [{ attribute: ledgerAttribute, match: 'ledger', value: ticket }];
}
