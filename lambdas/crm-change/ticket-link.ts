import type { SourceConfig } from '../../shared/config/source.ts';
import { Link } from '../../shared/media/link.ts';
import { cleanTitle } from './clean-title.ts';
import { Refusal } from './failures.ts';
import type { NormalisedChange } from './sources/source.ts';

/** A URL that the CRM sent goes to an agent's browser unchecked: only the hosts listed are let in. */
const checkedUrl = (text: string, { ticketUrl, allowedHosts }: SourceConfig): string => {
  const hosts = allowedHosts ?? [new URL(ticketUrl).hostname];
  const url = URL.parse(text);
  const isAllowed =
    url?.protocol === 'https:' &&
    url.username === '' &&
    url.password === '' &&
    url.port === '' &&
    hosts.includes(url.hostname);
  // The parsed form, so that what was checked is what a browser will read.
  const checked = Link.shape.url.safeParse(isAllowed ? url.href : undefined);
  if (checked.success) return checked.data;
  throw new Refusal('invalid', 'The body is not of the expected shape', [
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
  const fromCrm = config.titleFromCrm ? cleanTitle(title ?? '') : '';
  return {
    type: config.linkType,
    url:
      url === undefined
        ? config.ticketUrl.replace('{id}', encodeURIComponent(id))
        : checkedUrl(url, config),
    title: fromCrm || cleanTitle(config.title.replaceAll('{id}', id)),
  };
};
