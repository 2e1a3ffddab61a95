import { afterAll, expect, it, onTestFinished } from 'vitest';
import { buildPlugin } from '../../flex-plugin/build.ts';
import { rewrite } from '../../shared/media/rewrite.ts';
import { openFlexPage } from '../../tools/flex-page/page.ts';
import { reservations, ticketChange } from '../media/arbitraries.ts';
import { openBrowser } from './browser.ts';

const browser = await openBrowser();
afterAll(() => browser.close());

const panelUrl = 'https://acme.zendesk.com/agent/tickets/4711';
const tabUrl = 'https://jira.example.com/browse/CS-1';
const segmentUrl = 'https://services.twilio.com/flex-insights-drilldown/accounts/AC1/segments/WR1';
const panelRule = { hosts: ['acme.zendesk.com'], open: 'panel' };
const drilldowns = [panelRule, { hosts: ['jira.example.com'], open: 'tab' }];

/** Flex with the plugin and a Task. An error or a warning of the page fails the test. */
const openFlex = async (attributes = '{}') => {
  const flex = await openFlexPage(browser, {
    plugin: buildPlugin().script,
    uiAttributes: { crm_media_sync: { drilldowns } },
    links: [panelUrl, tabUrl, segmentUrl],
  });
  onTestFinished(flex.close);
  await flex.render(attributes);
  return { ...flex, button: (name: string) => flex.page.getByRole('button', { name }) };
};

it('opens a ticket beside the report by keyboard, and gives the focus back', async () => {
  const { page, focused, button, problems } = await openFlex();
  await button(panelUrl).press('Enter');
  const panel = page.getByRole('complementary', { name: 'Ticket on acme.zendesk.com' });
  expect(await panel.frameLocator('iframe').locator('body').textContent()).toBe('the CRM');
  expect(await focused()).toBe('Close');
  await page.keyboard.press('Escape');
  expect(await panel.count()).toBe(0);
  expect(await focused()).toBe(panelUrl);
  expect(problems).toEqual([]);
});

it('opens a new tab that cannot reach Flex, and leaves segments to Flex', async () => {
  const { page, played, button, problems } = await openFlex();
  const [tab] = await Promise.all([page.context().waitForEvent('page'), button(tabUrl).click()]);
  expect([tab.url(), await tab.evaluate('window.opener')]).toEqual([tabUrl, null]);
  await button(segmentUrl).click();
  expect(await played()).toEqual([segmentUrl]);
  expect(problems).toEqual([]);
});

it('shows an agent the tickets of the Task, titles as text', async () => {
  const title = '<img src=x onerror=alert(1)>';
  const link = { type: 'Referenced', url: 'https://tickets.example/1', title } as const;
  const changes = [ticketChange('1', 5, link), ticketChange('2', 5)];
  const { attributes } = rewrite('{}', reservations('accepted'), changes);
  const { page, problems } = await openFlex(attributes);
  const tab = page.getByRole('tabpanel', { name: 'Tickets' });
  expect(await tab.getByRole('status').textContent()).toBe('Tickets: 2');
  expect(await tab.getByRole('link').allTextContents()).toEqual([title, 'Ticket 2']);
  const first = tab.getByRole('link').first();
  expect(await first.getAttribute('rel')).toBe('noopener noreferrer');
  expect(await first.getAttribute('href')).toBe(link.url);
  expect(problems).toEqual([]);
});
