import { isObject, type Json } from '../../shared/json.ts';
import { shortHash } from '../../shared/media/ledger.ts';
import { isLinkTo } from '../../shared/media/task-media.ts';
import { liveHashes, type Managed } from '../../shared/media/tickets.ts';
import type { MediaView } from './explanation.ts';

/** A type that Twilio might have: what else stands there may be anything. */
const typeName = /^[A-Za-z]{1,32}$/;

/**
 * How the items of a Task's media lists are told.
 * @param all whether what others put there is told whole; titles and URLs may hold PHI
 */
export function createMediaView(managed: Managed, all: boolean) {
  const isManaged = isLinkTo(liveHashes(managed.tickets));
  const ticketsOf = (url: string): string[] => {
    const linked = [...managed.tickets].filter(([, { urlHash }]) => urlHash === shortHash(url));
    const exact = linked.filter(([, { link }]) => link?.url === url);
    return (exact.length > 0 ? exact : linked).map(([ticket]) => ticket);
  };
  return (item: Json): MediaView => {
    const tickets = isManaged(item) ? ticketsOf(String(item['url'])) : [];
    const shown = all ? { item } : tickets.length > 0 ? { item: managedFields(item) } : {};
    return { type: typeOf(item), tickets, ...hostOf(item), ...shown };
  };
}

function typeOf(item: Json): string {
  const type = isObject(item) ? item['type'] : undefined;
  return typeof type === 'string' && typeName.test(type) ? type : 'without a known type';
}

function hostOf(item: Json): { readonly host?: string } {
  const url = isObject(item) ? (item['url'] ?? item['url_provider']) : undefined;
  return typeof url === 'string' && URL.canParse(url) ? { host: new URL(url).host } : {};
}

/** What a link of ours has; whatever else stands there somebody else has added. */
function managedFields(item: Json): Json {
  if (!isObject(item)) return item;
  const { type, url, title } = item;
  return {
    ...(typeof type === 'string' && { type }),
    ...(typeof url === 'string' && { url }),
    ...(typeof title === 'string' && { title }),
  };
}
