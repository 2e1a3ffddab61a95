import { type Json, parseJson, textAt } from '../media/json.ts';
import { ledgerAttribute, ledgerHolds } from '../media/ledger.ts';
import type { Correlation, TicketChange } from '../message/ticket-change.ts';

/** What is looked for: the Tasks that one change of one ticket is about. */
export type Wanted = Pick<TicketChange, 'ticket' | 'correlation' | 'link' | 'alone'>;

/** One sign by which a Task is known: an attribute that equals a value, or a ledger that holds it. */
export interface Sign {
  readonly attribute: string;
  readonly match: 'equal' | 'ledger';
  readonly value: string;
}

/** Whether a SID names the conversation. */
export const hasSid = ({ taskSid, callSid, conversationSid }: Correlation): boolean =>
  taskSid !== undefined || callSid !== undefined || conversationSid !== undefined;

/**
 * The signs, beside a Task's own SID, of the Tasks that the correlation names. The attribute is one
 * only without a SID, or where a ticket is gone for good: what comes late must not bring it back to a
 * Task that names it.
 * Sources for the names of the attributes:
 * https://www.twilio.com/docs/flex/developer/insights/taskrouter-data
 * https://www.twilio.com/docs/flex/developer/conversations/interactions-api
 */
export const correlatedSigns = ({ correlation, link, alone }: Wanted): readonly Sign[] => {
  const { callSid, conversationSid, inPlaceOf } = correlation;
  const isGoneForGood = link === null && alone === true;
  return [
    ...equal(callSid, 'call_sid', 'conference.participants.customer'),
    ...equal(conversationSid, 'conversationSid', 'channelSid'),
    ...(isGoneForGood || !hasSid(correlation) ? namingSigns(correlation) : []),
    ...inLedger(inPlaceOf),
  ];
};

/** The sign of a Task that names the ticket itself. */
export const namingSigns = ({ attribute }: Correlation): readonly Sign[] =>
  attribute === undefined ? [] : equal(attribute.value, attribute.name);

/** The sign of a Task that knows a ticket, for a change that is about all of them. */
export const knowingSigns = ({ ticket, alone }: Wanted): readonly Sign[] =>
  inLedger(alone ? ticket : undefined);

/**
 * The signs of all Tasks that have to be seen to tell what becomes of a change, any one of which will
 * do. None where the Task's SID says it all.
 */
export const signsOf = (wanted: Wanted): readonly Sign[] => [
  ...correlatedSigns(wanted),
  ...knowingSigns(wanted),
  // A Task that names a ticket does not lose it to a move.
  ...(wanted.link === null ? namingSigns(wanted.correlation) : []),
];

const equal = (value: string | undefined, ...attributes: readonly string[]): Sign[] =>
  value === undefined ? [] : attributes.map((attribute) => ({ attribute, match: 'equal', value }));

const inLedger = (ticket: string | undefined): Sign[] =>
  ticket === undefined ? [] : [{ attribute: ledgerAttribute, match: 'ledger', value: ticket }];

/** Whether a Task's attributes bear a sign. A number is what its digits are: 123 is `123`. */
export const bears = (attributes: Json, { attribute, match, value }: Sign): boolean => {
  const text = textAt(attributes, attribute);
  if (text === undefined) return false;
  return match === 'equal' ? text === value : ledgerHolds(text, value);
};

/** A Task's attributes as data; null when they are not JSON, which bears no sign. */
export const readAttributes = (text: string): Json => {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
};
