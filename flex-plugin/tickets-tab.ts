import type { JsonObject } from '../shared/json.ts';
import { isShown } from '../shared/media/ledger-entry.ts';
import { readLedger, taskMediaOf } from '../shared/media/task-media.ts';
import { type Element, fieldsOf, type ReactLike, type TaskProps } from './flex.ts';
import { newTab } from './panel.ts';

/** A ticket as the tab shows it. */
interface ShownTicket {
  /** The key of the ticket, e.g. `zendesk/4711`. */
  ticket: string;
  title: string;
  /** The URL of the ticket. Undefined if the link was removed, or is not https. */
  url: string | undefined;
}

/** The tab with the tickets that crm-media-sync linked to the current Task. Titles are plain text. */
export function createTicketsTab({ createElement }: ReactLike) {
  return function Tickets({ task }: TaskProps): Element {
    const tickets = ticketsOf(task?.attributes);
    const message =
      tickets === undefined
        ? 'The tickets cannot be read.'
        : tickets.length === 0
          ? 'No ticket yet. Later ones appear here.'
          : `Tickets: ${tickets.length}`;
    const items = (tickets ?? []).map(({ ticket, title, url }) =>
      createElement(
        'li',
        { key: ticket },
        url === undefined
          ? `${title} (no link)`
          : createElement('a', { ...newTab, href: url }, title),
        title === ticket ? null : createElement('div', null, ticket),
      ),
    );
    return createElement(
      'section',
      { 'aria-label': 'CRM tickets', style: { padding: '1rem', overflow: 'auto' } },
      createElement('p', { role: 'status' }, message),
      items.length === 0 ? null : createElement('ul', null, items),
    );
  };
}

/**
 * The tickets of a Task, in the order of their links. Undefined if its attributes do not have a form that sync
 * writes.
 */
function ticketsOf(value: unknown): readonly ShownTicket[] | undefined {
  try {
    // Flex has parsed the attributes from JSON.
    const attributes = fieldsOf(value) as JsonObject;
    const { managed } = taskMediaOf(attributes, readLedger(attributes));
    return [...managed.tickets].flatMap(([ticket, state]) => {
      if (!isShown(state)) return [];
      const { url = '', title = ticket } = state.link ?? {};
      return [{ ticket, title, url: url.startsWith('https://') ? url : undefined }];
    });
  } catch {
    return undefined;
  }
}
