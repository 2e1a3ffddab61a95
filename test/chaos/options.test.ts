import { describe, expect, it } from 'vitest';
import { parseChaosOptions } from './options.ts';

const usual = { kind: 'run', events: 2000, seed: 500_000, faults: 0.2, without: [] };

describe('the options of npm run chaos', () => {
  it('are 2000 events, a fifth of faults and a random seed, by default', () => {
    expect(parseChaosOptions([], 0.5)).toEqual(usual);
  });

  it('take numbers', () => {
    const args = ['--events', '20000', '--seed', '0', '--faults', '.25'];
    const given = { events: 20_000, seed: 0, faults: 0.25 };
    expect(parseChaosOptions(args, 0.5)).toEqual({ ...usual, ...given });
    expect(parseChaosOptions(['--faults=0'], 0.5)).toEqual({ ...usual, faults: 0 });
    expect(parseChaosOptions(['--kills', '9'], 0.5)).toEqual({ ...usual, kills: 9 });
  });

  it('switch a safeguard off', () => {
    const args = ['--without', 'versions', '--without', 'confirmations'];
    const without = ['confirmations', 'versions'];
    expect(parseChaosOptions(args, 0.5)).toEqual({ ...usual, without });
  });

  it('accept --help beside other options', () => {
    expect(parseChaosOptions(['-h'], 0.5)).toEqual({ kind: 'help' });
    expect(parseChaosOptions(['--events', 'many', '--help'], 0.5)).toEqual({ kind: 'help' });
  });

  it.each([
    [['--events', 'many'], '--events: must be an integer from 50 to 1000000'],
    [['--events', '49'], '--events: must be'],
    [['--events', '1e3'], '--events: must be'],
    [['--seed', '-1'], "'--seed' argument is ambiguous"],
    [['--seed=1.5'], '--seed: must be an integer from 0 to 2147483647'],
    [['--seed='], '--seed: must be'],
    [['--faults', '0.7'], '--faults: must be a number from 0 to 0.6'],
    [['--faults', '20%'], '--faults: must be'],
    [['--kills', '0'], '--kills: must be an integer from 1 to 1000000'],
    [['--faults'], "'--faults <value>' argument missing"],
    [['--without', 'luck'], '--without must be one of confirmations, versions, task-events'],
    [['--event', '20'], "Unknown option '--event'"],
    [['20'], "Unexpected argument '20'"],
  ])('reject %j', (args, problem) => {
    expect(parseChaosOptions(args, 0.5)).toEqual({
      kind: 'usage-error',
      problem: expect.stringContaining(problem),
    });
  });
});
