import { type Json, parseJson, textAt } from '../json.ts';
import { ledgerAttribute, ledgerHolds } from '../media/ledger.ts';
import type { Correlation, TicketChange } from '../messages/ticket-change.ts';

/** What is looked for: the Tasks that one change of one ticket is about. */
export type TaskSearch = Pick<TicketChange, 'ticket' | 'correlation' | 'link' | 'exclusive'>;

/** One sign by which a Task is known: an attribute that equals a value, or a ledger that holds it. */
export interface Criterion {
  readonly attribute: string;
  readonly match: 'equal' | 'ledger';
  readonly value: string;
}

/** Whether a SID names the conversation. */
export function hasSid({ taskSid, callSid, conversationSid }: Correlation): boolean {
  return taskSid !== undefined || callSid !== undefined || conversationSid !== undefined;
}

/**
 * The signs, beside a Task's own SID, of the Tasks that the correlation names. The attribute is one
 * only without a SID, or where a ticket is gone for good: what comes late must not bring it back to a
 * Task that names it.
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

/** The sign of a Task that names the ticket itself. */
export function attributeCriteria({ attribute }: Correlation): readonly Criterion[] {
  return attribute === undefined ? [] : equalTo(attribute.value, attribute.name);
}

/** The sign of a Task that knows a ticket, for a change that is about all of them. */
export function ledgerCriteria({ ticket, exclusive }: TaskSearch): readonly Criterion[] {
  return inLedger(exclusive ? ticket : undefined);
}

/**
 * The signs of all Tasks that have to be seen to tell what becomes of a change, any one of which will
 * do. None where the Task's SID says it all.
 */
export function criteriaFor(query: TaskSearch): readonly Criterion[] {
  return [
    ...correlationCriteria(query),
    ...ledgerCriteria(query),
    // A Task that names a ticket does not lose it to a move.
    ...(query.link === null ? attributeCriteria(query.correlation) : []),
  ];
}

/** Whether a Task's attributes bear a sign. A number is what its digits are: 123 is `123`. */
export function matches(attributes: Json, { attribute, match, value }: Criterion): boolean {
  const text = textAt(attributes, attribute);
  if (text === undefined) return false;
  return match === 'equal' ? text === value : ledgerHolds(text, value);
}

/** A Task's attributes as data; null when they are not JSON, which bears no sign. */
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
