import { HttpError, invalidBody } from '../../shared/door/failures.ts';
import { Link } from '../../shared/media/link.ts';
import { allowedUrl } from './allowed-url.ts';
import { cleanTitle } from './clean-title.ts';
import { allowedHosts, type SourceConfig } from './source-config.ts';
import type { NormalisedChange } from './sources/source.ts';

/** A URL that the CRM sent goes to an agent's browser unchecked: only the hosts listed are let in. */
const checkedUrl = (text: string, config: SourceConfig): string => {
  const hosts = allowedHosts(config);
  // The parsed form, so that what was checked is what a browser will read.
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
};

/**
 * The link for a ticket: the URL that the CRM sent, if any, else the source's own template; the title
 * by the source's template, or the CRM's where the source is told to trust it with that.
 * @throws Refusal when the URL that the CRM sent is not on the source's hosts.
 */
export const ticketLink = ({ id, url, title }: NormalisedChange, config: SourceConfig): Link => {
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
};
