import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { printFindings } from '../../../ops/commands/doctor.ts';
import {
  type Check,
  doctorReport,
  type Observation,
  ok,
  runChecks,
  warning,
} from '../../../ops/doctor/check.ts';
import { Failure } from '../../../ops/failure.ts';
import { finds } from './doctor-harness.ts';

const check = (name: string, run: Check['run'], timeoutMs = 5000): Check => ({
  name,
  timeoutMs,
  next: 'Look for yourself.',
  run,
});
const fine: Observation = { about: 'it', ...ok('is fine') };

describe('checks', () => {
  it('run in parallel, and keep their order', async () => {
    const order: string[] = [];
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const findings = await runChecks([
      check('first', async () => {
        await released;
        order.push('first');
        return [fine];
      }),
      check('second', async () => {
        order.push('second');
        release();
        return [fine, fine];
      }),
    ]);
    expect(order).toEqual(['second', 'first']);
    expect(findings.map((finding) => finding.check)).toEqual(['first', 'second', 'second']);
  });

  it('that take too long are unknown, and do not block others', async () => {
    const findings = await runChecks([
      check('slow', () => new Promise(() => {}), 20),
      check('quick', async () => [fine]),
    ]);
    expect(findings).toMatchObject([
      { check: 'slow', ...finds('unknown', '20 ms') },
      { check: 'quick', state: 'ok' },
    ]);
  });

  it.each([
    [
      'throw',
      () => {
        throw new TypeError('hush-hush');
      },
    ],
    [
      'reject',
      async () => {
        throw new TypeError('hush-hush');
      },
    ],
  ])('that %s are unknown, and quote nothing', async (_how, run) => {
    const findings = await runChecks([check('broken', run), check('quick', async () => [fine])]);
    expect(findings).toMatchObject([finds('unknown', '', 'Look for yourself.'), { state: 'ok' }]);
    expect(JSON.stringify(findings)).toContain('TypeError');
    expect(JSON.stringify(findings)).not.toContain('hush-hush');
  });

  it('that fail for a known reason show it with the next step', async () => {
    const failing = async () => {
      throw new Failure('no key', 'Set one.');
    };
    expect(await runChecks([check('key', failing)])).toMatchObject([
      { about: 'key', state: 'unknown', finding: 'no key', next: 'Set one.' },
    ]);
  });
});

describe('printed findings', () => {
  const lines = (found: readonly Observation[], isColourful = false) => {
    const findings = found.map((one) => ({ check: 'Things', ...one }));
    return printFindings(doctorReport('stack prod', findings), pc.createColors(isColourful));
  };

  it('are aligned, also those of several lines', () => {
    expect(
      lines([fine, { about: 'the other', ...warning('two\nlines', 'do this\nand that') }]),
    ).toBe(
      [
        'stack prod',
        '',
        'Things',
        '  ✓ it         is fine',
        '  ! the other  two',
        '               lines',
        '               -> do this',
        '                  and that',
        '',
        '1 ok, 1 warning, 0 failed, 0 unknown',
        '',
      ].join('\n'),
    );
  });

  it('contain no control characters but our colours', () => {
    const hostile = { about: '\u001b[2J', ...warning('\u202eabc', '\u0007') };
    const text = lines([hostile]);
    for (const obeyed of ['\u001b', '\u202e', '\u0007']) expect(text).not.toContain(obeyed);
    expect(lines([fine], true)).toContain('\u001b[32m✓');
  });
});
