import { HttpError, invalidBody } from '../http/errors.ts';
import { Link } from '../messages/link.ts';
import { allowedUrl, cleanTitle } from './link-rules.ts';
import { allowedHosts, type LinkConfig } from './link-settings.ts';

/** A ticket, with the page and the title that the CRM sent, if any. */
interface Ticket {
  id: string;
  url?: string | undefined;
  title?: string | undefined;
}

/**
 * The link of a ticket. The URL is the one that the CRM sent, or else comes from the source's template;
 * the title comes from the source's template, or from the CRM if the source has `titleFromCrm`.
 * @throws HttpError if the URL that the CRM sent is not on the source's hosts.
 */
export function ticketLink({ id, url, title }: Ticket, config: LinkConfig): Link {
  const pageUrl =
    url === undefined
      ? config.ticketUrl.replace('{id}', encodeURIComponent(id))
      : checkedUrl(url, config);
  const crmTitle = config.titleFromCrm ? cleanTitle(title ?? '') : '';
  return {
    type: config.linkType,
    url: pageUrl,
    title: crmTitle || cleanTitle(config.title.replaceAll('{id}', id)),
  };
}

/** A URL that the CRM sent goes to an agent's browser: only the hosts listed are allowed. */
function checkedUrl(text: string, config: LinkConfig): string {
  const hosts = allowedHosts(config);
  // The parsed form, so that what is checked is what a browser opens.
  const checked = Link.shape.url.safeParse(allowedUrl(text, hosts)?.href);
  if (checked.success) return checked.data;
  throw new HttpError('invalid', invalidBody, [
    {
      field: 'url',
      problem:
        `must be https on ${hosts.join(' or ')}, without user name, password or port, at most 1024 ` +
        "characters; add the host to the source's allowedHosts, or leave the field out",
    },
  ]);
}
