import { isObject, type Json, parseJson } from '../media/json.ts';
import { ledgerAttribute, ledgerHolds } from '../media/ledger.ts';
import type { Correlation } from '../message/ticket-change.ts';

/** What is looked for: the Tasks that one change of one ticket is about. */
export interface Wanted {
  readonly correlation: Correlation;
  /** `<source>/<ticket id>` */
  readonly ticket: string;
  /** A removal reaches, besides, every Task whose ledger holds the ticket. */
  readonly removal: boolean;
}

/** One sign by which a Task is known: an attribute that equals a value, or a ledger that holds it. */
export interface Sign {
  readonly attribute: string;
  readonly match: 'equal' | 'ledger';
  readonly value: string;
}

/** The signs of the Tasks wanted, any one of which will do. None where the Task's SID says it all. */
export const signsOf = ({ correlation, ticket, removal }: Wanted): Sign[] => {
  const signs = correlated(correlation);
  if (removal) signs.push({ attribute: ledgerAttribute, match: 'ledger', value: ticket });
  return signs;
};

/**
 * The first key present decides. Sources for the names of the attributes:
 * https://www.twilio.com/docs/flex/developer/insights/taskrouter-data
 * https://www.twilio.com/docs/flex/developer/conversations/interactions-api
 */
const correlated = ({ taskSid, callSid, conversationSid, attribute }: Correlation): Sign[] => {
  if (taskSid !== undefined) return [];
  if (callSid !== undefined) return equal(callSid, 'call_sid', 'conference.participants.customer');
  if (conversationSid !== undefined) return equal(conversationSid, 'conversationSid', 'channelSid');
  return attribute === undefined ? [] : equal(attribute.value, attribute.name);
};

const equal = (value: string, ...attributes: readonly string[]): Sign[] =>
  attributes.map((attribute) => ({ attribute, match: 'equal', value }));

/** Whether a Task's attributes bear a sign. A number is what its digits are: 123 is `123`. */
export const bears = (attributes: Json, { attribute, match, value }: Sign): boolean => {
  const text = textOf(valueAt(attributes, attribute));
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

/** The value at a dotted name, own properties only. */
const valueAt = (attributes: Json, name: string): Json | undefined =>
  name
    .split('.')
    .reduce<Json | undefined>(
      (value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
      attributes,
    );

const textOf = (value: Json | undefined): string | undefined => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return JSON.isRawJSON(value) ? value.rawJSON : undefined;
};
