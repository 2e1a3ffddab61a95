import { HttpError, invalidBody, Unavailable } from '../http/errors.ts';
import { Link } from '../messages/ticket-change.ts';
import { allowedUrl, cleanTitle, ticketPage } from './link-rules.ts';
import { allowedHosts, type LinkConfig } from './link-settings.ts';

/** A ticket, with the page and the title that the CRM sent, if any. */
interface Ticket {
  id: string;
  url?: string | undefined;
  title?: string | undefined;
}

/**
 * The link of a ticket. The URL is the one that the CRM sent. Otherwise it comes from the source's template. The
 * title comes from the source's template, or from the CRM if the source has `titleFromCrm`.
 * @throws HttpError if the URL that the CRM sent is not on the source's hosts
 * @throws Unavailable if the template's URL is not. Then the configuration is wrong, not the ticket
 */
export function ticketLink({ id, url, title }: Ticket, config: LinkConfig): Link {
  const pageUrl = url === undefined ? templateUrl(id, config) : checkedUrl(url, config);
  const crmTitle = config.titleFromCrm ? cleanTitle(title ?? '') : '';
  return {
    type: config.linkType,
    url: pageUrl,
    title: crmTitle || cleanTitle(config.title.replaceAll('{id}', id)),
  };
}

/**
 * The URL from the template. The configuration rejects a template that gives a URL on another host, so the error
 * here is a second check.
 */
function templateUrl(id: string, config: LinkConfig): string {
  const hosts = allowedHosts(config);
  const url = ticketPage(config.ticketUrl, id, hosts);
  if (url !== undefined) return url;
  throw new Unavailable(
    `ticketUrl gives a link that is not on ${hosts.join(' or ')}: correct ticketUrl or allowedHosts of the source`,
  );
}

/** The URL that the CRM sent. It goes to an agent's browser, so only the listed hosts are allowed. */
function checkedUrl(text: string, config: LinkConfig): string {
  const hosts = allowedHosts(config);
  // The check uses the parsed form, because a browser opens that form.
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
