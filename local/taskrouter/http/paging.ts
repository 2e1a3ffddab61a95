import * as z from 'zod';
import { badRequest, pageTooLarge } from '../errors.ts';

/** A place in a list: numbers that sort as the list does. */
export type SortKey = readonly number[];

interface PagePosition {
  direction: 'after' | 'before';
  key: SortKey;
}

interface PageQuery {
  size: number;
  /** The client's own count of pages; nothing depends on it. */
  number: number;
  position: PagePosition | undefined;
}

export const pageParameters = ['PageSize', 'Page', 'PageToken'];

const defaultPageSize = 50;

const maxPageSize = 1000;

const SortKeyJson = z.array(z.number()).min(1);

/**
 * Reads the paging of a request. `Page` without `PageToken` is rejected after the first page: Twilio says not to
 * page by it.
 * Source: https://www.twilio.com/docs/taskrouter/api/task
 * @throws TwilioError 400 when it cannot be followed.
 */
export function parsePageQuery(parameters: URLSearchParams): PageQuery {
  const size = parseWholeNumber('PageSize', parameters.get('PageSize')) ?? defaultPageSize;
  const number = parseWholeNumber('Page', parameters.get('Page')) ?? 0;
  const token = parameters.get('PageToken');
  if (size > maxPageSize) throw pageTooLarge();
  if (size === 0) throw badRequest('PageSize must be at least 1');
  if (token === null && number > 0) {
    throw badRequest('Page does not page on its own: follow meta.next_page_url');
  }
  return { size, number, position: token === null ? undefined : parsePageToken(token) };
}

function compareSortKeys(left: SortKey, right: SortKey): number {
  const different = left.findIndex((part, index) => part !== right[index]);
  return different === -1 ? 0 : (left[different] ?? 0) - (right[different] ?? 0);
}

interface Page<Item> {
  items: readonly Item[];
  previous: PagePosition | undefined;
  next: PagePosition | undefined;
}

/**
 * One page of a list. A page starts after a key and not at an offset, so that no item is skipped or doubled
 * when items come and go between two pages.
 */
export function paginate<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => SortKey,
  { size, position }: PageQuery,
): Page<Item> {
  const sorted = items.toSorted((left, right) => compareSortKeys(keyOf(left), keyOf(right)));
  const { direction, key } = position ?? { direction: 'after', key: [Number.NEGATIVE_INFINITY] };
  const pageItems =
    direction === 'after'
      ? sorted.filter((item) => compareSortKeys(keyOf(item), key) > 0).slice(0, size)
      : sorted.filter((item) => compareSortKeys(keyOf(item), key) < 0).slice(-size);
  const [first, last] = [pageItems.at(0), pageItems.at(-1)];
  return {
    items: pageItems,
    previous:
      first === undefined || first === sorted.at(0)
        ? undefined
        : { direction: 'before', key: keyOf(first) },
    next:
      last === undefined || last === sorted.at(-1)
        ? undefined
        : { direction: 'after', key: keyOf(last) },
  };
}

/** The `meta` of a list: its URLs have the filters of the request. */
export function pageMeta(
  name: string,
  url: string,
  parameters: URLSearchParams,
  query: PageQuery,
  { previous, next }: Pick<Page<unknown>, 'previous' | 'next'>,
) {
  const filters = [...parameters].filter(([parameter]) => !pageParameters.includes(parameter));
  const pageUrl = (number: number, position: PagePosition | undefined): string => {
    const all = new URLSearchParams(filters);
    all.set('PageSize', String(query.size));
    all.set('Page', String(number));
    if (position !== undefined) all.set('PageToken', formatPageToken(position));
    return `${url}?${all}`;
  };
  return {
    page: query.number,
    page_size: query.size,
    first_page_url: pageUrl(0, undefined),
    previous_page_url:
      previous === undefined ? null : pageUrl(Math.max(0, query.number - 1), previous),
    url: pageUrl(query.number, query.position),
    next_page_url: next === undefined ? null : pageUrl(query.number + 1, next),
    key: name,
  };
}

function formatPageToken({ direction, key }: PagePosition): string {
  return (
    (direction === 'after' ? 'PT' : 'PB') + Buffer.from(JSON.stringify(key)).toString('base64url')
  );
}

function parsePageToken(token: string): PagePosition {
  try {
    const key = SortKeyJson.parse(JSON.parse(Buffer.from(token.slice(2), 'base64url').toString()));
    return { direction: token.startsWith('PB') ? 'before' : 'after', key };
  } catch {
    throw badRequest('PageToken is not one that was given out: follow meta.next_page_url');
  }
}

function parseWholeNumber(name: string, text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw badRequest(`${name} must be a whole number`);
}
