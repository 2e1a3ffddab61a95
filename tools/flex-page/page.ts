import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';

interface FlexPageOptions {
  /** The script of the plugin. */
  plugin: string;
  /** The account's `ui_attributes`. */
  uiAttributes: object;
  /** The URLs in the report on the page. Each has a button. */
  links: readonly string[];
}

interface FlexPage {
  page: Page;
  /** The errors and warnings that the page has logged. */
  problems: readonly string[];
  /**
   * Shows a Task.
   * @param attributes the Task's attributes as JSON text
   */
  render(attributes: string): Promise<void>;
  /** The drill-downs that reached Flex's own handler. */
  played(): Promise<unknown>;
  /** The text of the focused element. */
  focused(): Promise<unknown>;
  close(): Promise<void>;
}

const flexUrl = 'https://flex.example/';

/**
 * Opens a page that replaces Flex UI 2.17 (`flex.js`). It contains the real React and the plugin. Every other URL
 * serves a page with the text "the CRM".
 */
export async function openFlexPage(browser: Browser, options: FlexPageOptions): Promise<FlexPage> {
  const context = await browser.newContext();
  const flex = flexHtml(options);
  await context.route('**', (route) => {
    const body = route.request().url() === flexUrl ? flex : 'the CRM';
    return route.fulfill({ contentType: 'text/html', body });
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('dialog', (dialog) => problems.push(dialog.message()));
  page.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning') problems.push(line.text());
  });
  await page.goto(flexUrl);
  return {
    page,
    problems,
    render: (attributes) => page.evaluate(`render(${attributes})`),
    played: () => page.evaluate('played'),
    focused: () => page.evaluate('document.activeElement.textContent'),
    close: () => context.close(),
  };
}

function flexHtml({ plugin, uiAttributes, links }: FlexPageOptions): string {
  const { resolve } = createRequire(import.meta.url);
  const settings = `uiAttributes = ${JSON.stringify(uiAttributes)}; links = ${JSON.stringify(links)};`;
  const scripts = [
    read(resolve('react/umd/react.development.js')),
    read(resolve('react-dom/umd/react-dom.development.js')),
    settings,
    read(join(import.meta.dirname, 'flex.js')),
  ].map((text) => `<script>${text.replaceAll('</script', '<\\/script')}</script>`);
  return `<!doctype html><html lang="en"><title>Flex</title><body style="margin:0"><div id="flex"></div>
${scripts.join('\n')}<script uuid="1">${plugin}</script>`;
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}
