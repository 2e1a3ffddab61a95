import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { npmCalls, pages, root } from '../../tools/docs-pages.ts';

/** Scripts that end by themselves, need no account, and are not run by the other tests. */
const runnable = new Set([
  'bundles',
  'chaos',
  'check',
  'demo',
  'docs',
  'hostile',
  'plugin:build',
  'simulate',
]);

/** They run for half an hour, or are about the CRM that test/crm/your-own.nightly.test.ts adds to a copy. */
const notHere = /--kills|--count 1000000|acme/;

const commands = new Set(
  pages()
    .flatMap(({ commands, codes }) => [...commands, ...codes])
    .map((line) => line.replace(/\s+#.*$/, ''))
    .filter((line) => {
      const [call, ...others] = npmCalls(line);
      const isDrill = call?.script === 'ops' && call.path[0] === 'drill';
      const isRunnable = call !== undefined && (runnable.has(call.script) || isDrill);
      return isRunnable && others.length === 0 && !/[|<$]/.test(line) && !notHere.test(line);
    }),
);

it.each([...commands])('%s', { timeout: 900_000 }, async (command) => {
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(stdout).not.toBe('');
});

it('the pages name commands that can run', () => {
  expect([...commands]).toContainEqual(expect.stringMatching(/^npm run demo/));
});
