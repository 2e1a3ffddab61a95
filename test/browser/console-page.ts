import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { LocalStackDescription } from '../../local/stack-description.ts';

const root = join(import.meta.dirname, '../..');

/** Starts `npm start`'s program beside any stack that runs here. @returns what it prints with --json */
export async function startStack(): Promise<LocalStackDescription & { console: string }> {
  const child = spawn(process.execPath, ['local/start.ts', '--json'], {
    cwd: root,
    env: { ...process.env, PORT: '0', npm_lifecycle_event: undefined },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  await expect.poll(() => printed).toMatch(/\n$/);
  return JSON.parse(printed);
}

/** Opens a page of its own, which must have no errors. @param expected texts of errors that may come */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  expected?: RegExp,
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  onTestFinished(async () => {
    await context.close();
    expect(errors.filter((text) => !expected?.test(text))).toEqual([]);
  });
  await page.goto(url);
  return page;
}

export const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: true });

export const tab = (page: Page, name: RegExp) => page.getByRole('tab', { name });

/** A call that an agent has accepted. */
export async function acceptCall(page: Page): Promise<void> {
  await button(page, 'New call').click();
  await button(page, 'Accept').click();
}

/** Chooses a CRM and sends its webhook. */
export async function send(page: Page, crm = 'Zendesk'): Promise<void> {
  await button(page, crm).click();
  await button(page, /^Send the/).click();
}

/** Opens a tab of the third column. */
export async function openTab(page: Page, name: RegExp): Promise<void> {
  await page.locator('#happened').getByRole('tab', { name }).click();
}

/** The text of what has the focus. */
export const focused = (page: Page) =>
  page.evaluate<string>(
    '((at) => at.closest("label") ?? at)(document.activeElement).textContent.replaceAll(/\\s+/g, " ").trim()',
  );

/** Presses a key on what begins with that text, which Tab has to reach. */
export async function tabAndPress(page: Page, name: string, key = 'Enter'): Promise<void> {
  for (let tabs = 0; !(await focused(page)).startsWith(name); tabs += 1) {
    expect(tabs, `Tab does not reach ${name}`).toBeLessThan(80);
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press(key);
}

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe finds on a page, which has to be opened with `bypassCSP`. */
export async function violations(page: Page): Promise<readonly string[][]> {
  if (!(await page.evaluate('"axe" in window'))) await page.addScriptTag({ path: axe });
  const results = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    'axe.run(document, { resultTypes: ["violations"] })',
  );
  return results.violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
}

export const isGood = (page: Page) =>
  page.getByText('every accepted change is on its Task').waitFor();
