import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { alarmDefinitions } from '../../infra/alarms/all-alarms.ts';
import { deadLetterReasons } from '../../infra/alarms/message-alarms.ts';
import { runDrill } from '../../local/drill/run.ts';
import type { Step } from '../../local/drill/screen.ts';
import { startOps, temporaryFolder } from './command-line.ts';

describe('ops drill', { timeout: 300_000 }, () => {
  const start = async () => {
    const TMPDIR = await temporaryFolder();
    return { ...startOps(['drill'], { TMPDIR }), leftovers: () => readdir(TMPDIR) };
  };

  it('plays an outage, dead letters of each reason and replays, and every check passes', async () => {
    const { ended, leftovers } = await start();
    const { code, stdout, stderr } = await ended;
    expect(stdout).toContain('Every check passed');
    expect({ code, stderr, left: await leftovers() }).toEqual({ code: 0, stderr: '', left: [] });
    for (const line of stdout.replaceAll(/\S*\/drill-\S+/g, 'PATH').split('\n')) {
      expect(line.length, line).toBeLessThanOrEqual(80);
    }
    const text = stdout.replaceAll(/\s+/g, ' ');
    const told = [...text.matchAll(/✓ dead letters: (.*?)(?= [A-Z$✓])/g)].map(([, all]) => all);
    const reasons = deadLetterReasons.map(([reason]) => reason);
    const played = reasons.filter((reason) => reason !== 'crashed');
    expect(told.join(', ').split(', ').sort()).toEqual(played.sort());
    expect(text).toContain('all 20 tickets are linked to their calls: none is lost');
    const names = { metricsNamespace: 'any', apiId: '', sources: [], sync: '' };
    const queues = {
      queues: { changes: '', lookups: '' },
      ...{ deadLetterQueue: '', eventDeadLetterQueue: '', crmChange: '', taskEvent: '' },
    };
    const alarms = Object.keys(alarmDefinitions({ ...names, ...queues }));
    const pages = [...text.matchAll(/ Alarm ([a-z0-9-]+):/g)].map(([, alarm]) => alarm);
    expect(pages.length).toBeGreaterThan(8);
    expect(alarms).toEqual(expect.arrayContaining(pages));
  });

  it('exits with 1 if a check fails, and with 5 if the reader wants no more', async () => {
    const play = async (isTrue: boolean, goesOn: boolean) => {
      const texts: string[] = [];
      const out = (text: string) => void texts.push(text);
      const run: Step['run'] = async (_, screen) => screen.check('it rains', isTrue);
      const waitForReader = async () => goesOn;
      const terminal = { out, colors: pc.createColors(false), stop: new AbortController().signal };
      const clock = { advance: () => {} };
      const code = await runDrill(clock, { ...terminal, waitForReader }, [{ title: 't', run }]);
      return [code, /(✗ Failed: it rains|Stopped)/.exec(texts.join(''))?.[1]];
    };
    expect(await play(false, true)).toEqual([1, '✗ Failed: it rains']);
    expect(await play(true, false)).toEqual([5, 'Stopped']);
  });

  it('ends cleanly at Ctrl-C in the middle of a step', async () => {
    const { child, ended, leftovers } = await start();
    for (let text = ''; !text.includes('Step 3'); )
      text += await once(child.stdout ?? child, 'data');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 5, stdout: expect.stringContaining('Stopped') });
    expect(await leftovers()).toEqual([]);
  });
});
