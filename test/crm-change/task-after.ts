import { rewrite } from '../../shared/media/rewrite.ts';
import type { TicketChange } from '../../shared/message/ticket-change.ts';
import { bears, readAttributes, signsOf } from '../../shared/taskrouter/correlation.ts';

const segment = [{ sid: `WR${'e'.repeat(32)}`, status: 'accepted' as const }];

/** Whether a message is for the Task with these attributes, by the sync's own rules. */
export const isFor = (text: string, { correlation, ticket, link }: TicketChange): boolean =>
  signsOf({ correlation, ticket, removal: link === null }).some((sign) =>
    bears(readAttributes(text), sign),
  );

/** The attributes of a Task that an agent has, after a message, by the sync's own rules. */
export const taskAfter = (text: string, change: TicketChange): string =>
  isFor(text, change) ? (rewrite(text, segment, [change]).attributes ?? text) : text;
