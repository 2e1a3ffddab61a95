import { type TicketIdSource, ticketIdOf, ticketIdSchema } from '../shared/crm/ticket-ids.ts';
import { sourceOf } from '../shared/messages/ticket-change.ts';
import { Failure } from './failure.ts';

/**
 * The id of a ticket in the form that its source has here, as the operator gave it in any form.
 * @throws Failure if it does not have the shape of the source's ids
 */
export function requireTicketId(id: string, name: string, source: TicketIdSource): string {
  const found = ticketIdOf(id, source);
  if (found !== undefined) return found;
  const [issue] = ticketIdSchema(source).safeParse(id).error?.issues ?? [];
  throw new Failure(
    `The ticket id does not have the shape of ids of ${name}.`,
    `It ${issue?.message}.`,
  );
}

/**
 * The key of a ticket, with its id in the form that its source has here. A key of a source that is not
 * configured is taken as it is: dead letters may be older than the configuration.
 * @throws Failure if the id does not have the shape of the source's ids
 */
export function requireTicketKey(
  key: string,
  sources: Readonly<Record<string, TicketIdSource>>,
): string {
  const name = sourceOf(key);
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (source === undefined) return key;
  return `${name}/${requireTicketId(key.slice(name.length + 1), name, source)}`;
}
