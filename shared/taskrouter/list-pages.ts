import type { InvalidResponse } from './errors.ts';
import { invalidResponse, type TaskRouterOperation } from './responses.ts';

/** A page of a list as the SDK returns it. */
interface ListPage<Item> {
  instances: readonly Item[];
  nextPageUrl?: string | undefined;
  nextPage(): Promise<ListPage<Item>> | undefined;
}

/** Of a thousand items each: far more Tasks than a Workspace has at once. */
const maxPages = 50;

/** TaskRouter of any region. Source: https://www.twilio.com/docs/global-infrastructure/understanding-twilio-regions */
const twilioHost = /^taskrouter(\.[a-z0-9-]+)*\.twilio\.com$/;

/**
 * The items of every page. Each page has the URL of the next; pages have no numbers.
 * @param listUrl the list, as we request it: the URL of each page must have its path, and its host or Twilio's
 * @throws InvalidResponse if a page comes again, is of another list, or is one too many: then the pages before it
 * prove nothing either
 */
export async function allPages<Item>(
  operation: TaskRouterOperation,
  listUrl: URL,
  first: Promise<ListPage<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  const seen = new Set<string>();
  let page: ListPage<Item> | undefined = await first;
  while (page !== undefined) {
    items.push(...page.instances);
    const { nextPageUrl } = page;
    if (nextPageUrl !== undefined) {
      if (seen.has(nextPageUrl)) throw badNextPage(operation, 'repeats a page');
      if (!isOfList(nextPageUrl, listUrl)) throw badNextPage(operation, 'is not of this list');
      if (seen.size + 1 >= maxPages)
        throw badNextPage(operation, `goes on after ${maxPages} pages`);
      seen.add(nextPageUrl);
    }
    page = await page.nextPage();
  }
  return items;
}

function badNextPage(operation: TaskRouterOperation, problem: string): InvalidResponse {
  return invalidResponse(operation, `response with a next_page_url that ${problem}`);
}

function isOfList(pageUrl: string, listUrl: URL): boolean {
  const url = URL.parse(pageUrl, listUrl.href);
  return (
    url?.pathname === listUrl.pathname && (url.host === listUrl.host || twilioHost.test(url.host))
  );
}
