import { afterAll, expect, it, onTestFinished } from 'vitest';
import { startJsonService } from '../../local/aws/services.ts';
import { startConsole } from '../../ops/console/console.ts';
import { localDeployment } from '../../ops/deployment/local-stack.ts';
import { openLocalStack } from '../ops/local-stack.ts';
import { ticketChange } from '../sync/messages.ts';
import { openBrowser } from './browser.ts';
import { button, openPage, tabAndPress, violations } from './console-page.ts';

const browser = await openBrowser();
afterAll(() => browser.close());

it('shows a stack, purges after a dry run, asks why and runs doctor, by keyboard', async () => {
  const { root, description, sendDeadLetter, close } = await openLocalStack();
  onTestFinished(close);
  await sendDeadLetter('none of ours');
  await sendDeadLetter(ticketChange(4711, { callSid: `CA${'1'.repeat(32)}` }));
  const AlarmDescription = 'It means this. https://wiki.acme.com/runbook#dead-letters';
  const alarm = { AlarmName: 'dead-letters', AlarmDescription, StateValue: 'ALARM' };
  const MetricAlarms = [{ AlarmName: 'queue-backlog', StateValue: 'OK' }, alarm];
  const json = { MetricAlarms, MetricDataResults: [{ Id: 'deadLetters', Values: [7200] }] };
  const cloudWatch = await startJsonService(() => ({ status: 200, json }));
  onTestFinished(cloudWatch.close);
  const local = localDeployment(description);
  const aws = { ...local.aws, cloudWatch: { ...local.aws.logs, endpoint: cloudWatch.url } };
  const deployment = { ...local, aws, name: 'stack prod', alarmNamePrefix: '' };
  const options = { stack: undefined, root, host: '127.0.0.1', port: 0, pollMs: 200 };
  const shown = await startConsole(deployment, options);
  onTestFinished(shown.close);
  const page = await openPage(browser, shown.url, { bypassCSP: true });
  for (const text of ['us-east-1', 'sync running', '1 alarm, 2 dead letters']) {
    await page.locator('header').getByText(text).waitFor();
  }
  await page.getByRole('row', { name: /^dead letters 2 0 0 2 h/ }).waitFor();
  const sections = await page.locator('main h2').allTextContents();
  expect(sections).toEqual(['Dead letters', 'Why', 'Queues', 'Alarms', 'Doctor']);
  await page.getByLabel('Ticket', { exact: true }).fill('zendesk/4711');
  await page.keyboard.press('Tab');
  await tabAndPress(page, 'Dry run');
  await page.getByText('Found: 1 dead letter about 1 ticket. Nothing was changed.').waitFor();
  await tabAndPress(page, 'Purge …');
  expect(await button(page, 'Delete').isDisabled()).toBe(true);
  await page.keyboard.type('1');
  expect(await violations(page)).toEqual([]);
  await tabAndPress(page, 'Delete');
  await page.locator('pre', { hasText: /^1 deleted/ }).waitFor();
  await page.getByLabel('Ticket, Task, call or conversation').fill('zendesk/4711');
  await page.keyboard.press('Enter');
  await page.getByText('Not seen in the last 24 h.').waitFor();
  await tabAndPress(page, 'Run doctor');
  await page.getByText(/\d+ ok, \d+ to look at/).waitFor();
  for (const summary of await page.locator('summary').all()) await summary.click();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await violations(page)).toEqual([]);
  }
  for (const width of [360, 1140, 2200]) {
    await page.setViewportSize({ width, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  }
});
