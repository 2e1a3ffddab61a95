import type { Link } from '../../../shared/media/link.ts';
import { allowedUrl } from '../allowed-url.ts';
import type { AskPage } from './ask-page.ts';
import { mayBeFramed } from './may-be-framed.ts';

type LinkType = Link['type'];

/** How a host's pages are shown from now on, and why. Holds no part of an address but the host. */
export interface FramingDecision {
  readonly host: string;
  readonly linkType: LinkType;
  readonly reason: string;
}

export interface FramingOptions {
  readonly askPage: AskPage;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told once for each time that a host was asked. */
  readonly report?: (decision: FramingDecision) => void;
}

interface Remembered {
  readonly askedAt: number;
  readonly linkType: Promise<LinkType>;
}

const rememberedMs = 60 * 60 * 1000;

/**
 * Lets the pages of a CRM decide how they are shown. An answer, doubt included, stands for its host
 * for an hour, and whoever asks meanwhile shares it: a host is asked at most once an hour, or more
 * often by sources that allow different hosts.
 */
export const createFraming = ({ askPage, now, report }: FramingOptions) => {
  // One entry for each host of the configuration: it cannot grow.
  const remembered = new Map<string, Remembered>();

  const decide = async (address: URL, allowedHosts: readonly string[]): Promise<LinkType> => {
    const answer = await askPage(address.href, allowedHosts);
    const decision = (linkType: LinkType, reason: string): LinkType => {
      report?.({ host: address.hostname, linkType, reason });
      return linkType;
    };
    if ('doubt' in answer) return decision('Referenced', answer.doubt);
    return mayBeFramed(answer)
      ? decision('Embedded', 'may be framed')
      : decision('Referenced', 'may not be framed');
  };

  return {
    /** `Embedded` where the page at `url` may be framed by Flex; `Referenced` where not, or in doubt. */
    linkTypeOf: (url: string, allowedHosts: readonly string[]): Promise<LinkType> => {
      const address = allowedUrl(url, allowedHosts);
      if (address === undefined) return Promise.resolve('Referenced');
      const key = JSON.stringify([address.hostname, ...allowedHosts]);
      const known = remembered.get(key);
      const askedAt = now();
      if (known !== undefined && askedAt - known.askedAt < rememberedMs) return known.linkType;
      const linkType = decide(address, allowedHosts);
      remembered.set(key, { askedAt, linkType });
      return linkType;
    },
  };
};
