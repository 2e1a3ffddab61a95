import * as z from 'zod';
import { escapeUnprintable } from '../printable.ts';
import type { MediaView } from './explanation.ts';

const text = z.string().optional().catch(undefined);
const ManagedItem = z.looseObject({ title: text, url: text });

/** One media item in a line for people: ours by title and URL, others' by type and host unless told whole. */
export const itemText = ({ type, tickets, host, item }: MediaView): string => {
  if (tickets.length > 0) {
    const { title, url } = ManagedItem.parse(item);
    return escapeUnprintable([type, title, url].filter(Boolean).join('  '));
  }
  if (item !== undefined) return escapeUnprintable(JSON.stringify(item));
  return [type, host].filter(Boolean).join('  ');
};
