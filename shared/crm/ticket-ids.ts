import { TicketId } from '../messages/ticket-change.ts';
import { Guid } from './parse/guid.ts';
import { isCaseId, SalesforceId } from './parse/salesforce-id.ts';

/**
 * The ticket's id in the value of a Task attribute, in the form that the source's `normalise` gives it;
 * undefined if the value is not an id. It is apart from the sources: a reader of Tasks needs no
 * signatures and no parsers of payloads.
 * @param kind the kind of the source
 */
export function ticketIdFromAttribute(kind: string, value: string): string | undefined {
  const toId = otherForms.get(kind);
  return TicketId.safeParse(toId === undefined ? value : toId(value)).data;
}

/** The kinds whose ids have several forms. For all others any `TicketId` is an id as it is. */
const otherForms = new Map<string, (value: string) => string | undefined>([
  // Much of what Microsoft shows has braces and capitals.
  ['dynamics', (value) => Guid.safeParse(value.trim().replace(/^\{(.*)\}$/, '$1')).data],
  ['salesforce', toCaseId],
  ['salesforce-outbound', toCaseId],
]);

/** The id of a Case, from 15 or 18 characters. */
function toCaseId(value: string): string | undefined {
  const id = SalesforceId.safeParse(value.trim()).data;
  return id !== undefined && isCaseId(id) ? id : undefined;
}
