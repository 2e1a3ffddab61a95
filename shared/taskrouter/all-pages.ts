/** A page of a list as the SDK gives it. */
export interface ListPage<Item> {
  readonly instances: readonly Item[];
  nextPage(): Promise<ListPage<Item>> | undefined;
}

/** The items of every page. Twilio names the next page in each; pages have no numbers to ask for. */
export const allPages = async <Item>(first: Promise<ListPage<Item>>): Promise<Item[]> => {
  const items: Item[] = [];
  let page: ListPage<Item> | undefined = await first;
  while (page !== undefined) {
    items.push(...page.instances);
    page = await page.nextPage();
  }
  return items;
};
