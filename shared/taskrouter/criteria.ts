import { type Json, parseJson, textAt } from '../json.ts';
import { ledgerAttribute, ledgerHolds } from '../media/ledger.ts';
import type { Correlation, TicketChange } from '../messages/ticket-change.ts';

/** What a search needs of one change of one ticket. */
export type TaskSearch = Pick<TicketChange, 'ticket' | 'correlation' | 'link' | 'exclusive'>;

/** One condition that a Task may match: an attribute that equals a value, or a ledger that has a ticket. */
export interface Criterion {
  attribute: string;
  match: 'equal' | 'ledger';
  value: string;
}

/** Whether a correlation has a SID. */
export function hasSid({ taskSid, callSid, conversationSid }: Correlation): boolean {
  return taskSid !== undefined || callSid !== undefined || conversationSid !== undefined;
}

/**
 * The criteria, beside a Task's own SID, of the Tasks that the correlation names. The attribute is one only
 * without a SID, or if a ticket is deleted: a late change must not bring it back to a Task that names it.
 * Sources for the names of the attributes:
 * https://www.twilio.com/docs/flex/developer/insights/taskrouter-data
 * https://www.twilio.com/docs/flex/developer/conversations/interactions-api
 */
export function correlationCriteria({
  correlation,
  link,
  exclusive,
}: TaskSearch): readonly Criterion[] {
  const { callSid, conversationSid, replaces } = correlation;
  const isDeleted = link === null && exclusive === true;
  return [
    ...equalTo(callSid, 'call_sid', 'conference.participants.customer'),
    ...equalTo(conversationSid, 'conversationSid', 'channelSid'),
    ...(isDeleted || !hasSid(correlation) ? attributeCriteria(correlation) : []),
    ...inLedger(replaces),
  ];
}

/** The criterion of a Task that names the ticket itself. */
export function attributeCriteria({ attribute }: Correlation): readonly Criterion[] {
  return attribute === undefined ? [] : equalTo(attribute.value, attribute.name);
}

/** The criterion of a Task whose ledger has the ticket, for an exclusive change. */
export function ledgerCriteria({ ticket, exclusive }: TaskSearch): readonly Criterion[] {
  return inLedger(exclusive ? ticket : undefined);
}

/**
 * The criteria of all Tasks that a change may affect; a Task has to match one of them. None if the Task's SID
 * says it all.
 */
export function criteriaFor(query: TaskSearch): readonly Criterion[] {
  return [
    ...correlationCriteria(query),
    ...ledgerCriteria(query),
    // A Task that names a ticket keeps it when the ticket moves.
    ...(query.link === null ? attributeCriteria(query.correlation) : []),
  ];
}

/** Whether a Task's attributes match a criterion. A number equals its digits: 123 is `123`. */
export function matches(attributes: Json, { attribute, match, value }: Criterion): boolean {
  const text = textAt(attributes, attribute);
  if (text === undefined) return false;
  return match === 'equal' ? text === value : ledgerHolds(text, value);
}

/** A Task's attributes, parsed; null if they are not JSON, which matches nothing. */
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

function inLedger(ticket: string | undefined): Criterion[] {
  return ticket === undefined
    ? []
    : [{ attribute: ledgerAttribute, match: 'ledger', value: ticket }];
}
