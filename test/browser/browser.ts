import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Without them, Chromium asks hosts on the internet at every start. */
const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The Chromium of this machine; undefined if it has none. `CHROMIUM` names another one. */
export function findBrowser(): string | undefined {
  return [process.env['CHROMIUM'] ?? '', ...places].find((path) => existsSync(path));
}

/** Starts the machine's Chromium without a window. @throws Error if there is none */
export function openBrowser(): Promise<Browser> {
  const executablePath = findBrowser();
  if (executablePath === undefined) throw new Error('there is no Chromium on this machine');
  // Chromium's sandbox does not work for root, which CI is.
  const args = process.getuid?.() === 0 ? [...quiet, '--no-sandbox'] : quiet;
  return chromium.launch({ executablePath, args });
}
