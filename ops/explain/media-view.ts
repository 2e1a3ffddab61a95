import { isObject, type Json } from '../../shared/json.ts';
import { shortHash } from '../../shared/media/ledger-entry.ts';
import type { TaskMedia } from '../../shared/media/task-media.ts';
import type { MediaView } from './explanation.ts';

/** A name that a media type may have; other text may be anything, so it is not shown. */
const typeName = /^[A-Za-z]{1,32}$/;

/**
 * Creates the function that turns an item of a Task's media lists into its view.
 * @param all whether to show items of other writers completely; titles and URLs may hold PHI
 */
export function createMediaView({ managed, urls }: TaskMedia, all: boolean) {
  const ticketsOf = (url: string): string[] => {
    const linked = [...managed.tickets].filter(([, { urlHash }]) => urlHash === shortHash(url));
    const exact = linked.filter(([, { link }]) => link?.url === url);
    return (exact.length > 0 ? exact : linked).map(([ticket]) => ticket);
  };
  return (item: Json): MediaView => {
    const url = isObject(item) ? item['url'] : undefined;
    const tickets = typeof url === 'string' && urls.has(url) ? ticketsOf(url) : [];
    const shown = all ? { item } : tickets.length > 0 ? { item: managedFields(item) } : {};
    return { type: typeOf(item), tickets, ...hostOf(item), ...shown };
  };
}

function typeOf(item: Json): string {
  const type = isObject(item) ? item['type'] : undefined;
  return typeof type === 'string' && typeName.test(type) ? type : 'unknown type';
}

function hostOf(item: Json): { host?: string } {
  const url = isObject(item) ? (item['url'] ?? item['url_provider']) : undefined;
  return typeof url === 'string' && URL.canParse(url) ? { host: new URL(url).host } : {};
}

/** The fields that sync writes into a link; another writer added any other field. */
function managedFields(item: Json): Json {
  if (!isObject(item)) return item;
  const { type, url, title } = item;
  return {
    ...(typeof type === 'string' && { type }),
    ...(typeof url === 'string' && { url }),
    ...(typeof title === 'string' && { title }),
  };
}
