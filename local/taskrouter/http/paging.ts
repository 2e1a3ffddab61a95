import * as z from 'zod';
import { badRequest, pageTooLarge } from '../errors.ts';

/** The position of an item in a list. Keys sort in the order of the list. */
export type SortKey = readonly number[];

interface PagePosition {
  direction: 'after' | 'before';
  key: SortKey;
}

interface PageQuery {
  size: number;
  /** The page number that the client sends. The emulator only returns it. */
  number: number;
  position: PagePosition | undefined;
}

export const pageParameters = ['PageSize', 'Page', 'PageToken'];

const defaultPageSize = 50;

const maxPageSize = 1000;

const SortKeyJson = z.array(z.number()).min(1);

/**
 * Reads the paging parameters of a request. After the first page, `Page` needs a `PageToken`: Twilio advises
 * against paging by number.
 * Source: https://www.twilio.com/docs/taskrouter/api/task
 * @throws TwilioError 400 if a parameter is not valid
 */
export function parsePageQuery(parameters: URLSearchParams): PageQuery {
  const size = parseWholeNumber('PageSize', parameters.get('PageSize')) ?? defaultPageSize;
  const number = parseWholeNumber('Page', parameters.get('Page')) ?? 0;
  const token = parameters.get('PageToken');
  if (size > maxPageSize) throw pageTooLarge();
  if (size === 0) throw badRequest('PageSize must be at least 1');
  if (token === null && number > 0) {
    throw badRequest('Page needs a PageToken: follow meta.next_page_url');
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
 * One page of a list. A page starts after the key of the last item, not at an offset. So no item is skipped or
 * repeated if items are added or removed between two pages.
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

/** The `meta` of a list. Its URLs repeat the filters of the request. */
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
    throw badRequest('PageToken is not valid: follow meta.next_page_url');
  }
}

function parseWholeNumber(name: string, text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw badRequest(`${name} must be a whole number`);
}
