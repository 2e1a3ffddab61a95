import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { interleave } from '../../bench/frame/interleave.ts';

const bench = (...args: string[]) => {
  const file = join(import.meta.dirname, '../../bench/bench.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};

/** A machine that is slower at every measurement. */
const slowing = (shares: readonly number[]) => {
  let now = 0;
  const order: number[] = [];
  const cases = shares.map((share, index) => ({
    name: String(share),
    measure: () => {
      now += 1;
      order.push(index);
      return share * (100 + now);
    },
  }));
  return { cases, order };
};

describe('cases that are compared', () => {
  it('keep their ratios on a machine that becomes slow', () => {
    const { ratios } = interleave(slowing([1, 2, 1]).cases, 20);
    const [one, two, same] = ratios;
    expect(one).toMatchObject({ median: 1, low: 1, high: 1 });
    expect(two?.median).toBeCloseTo(2, 1);
    expect(same?.median).toBeCloseTo(1, 1);
  });

  it('run forwards and backwards, so that none always follows the same one', () => {
    const { cases, order } = slowing([1, 1, 1]);
    interleave(cases, 2);
    const [, ...counted] = [order.slice(0, 3), order.slice(3, 6), order.slice(6)];
    expect(counted).toEqual([
      [0, 1, 2],
      [2, 1, 0],
    ]);
  });

  it('are not affected by one disturbed round', () => {
    let calls = 0;
    const { baseline, ratios } = interleave(
      [
        { name: 'as always', measure: () => 10 },
        { name: 'disturbed once', measure: () => (calls++ === 3 ? 1000 : 5) },
      ],
      9,
    );
    expect(baseline).toBe(10);
    expect(ratios[1]).toMatchObject({ median: 0.5, low: 0.5, high: 0.5 });
  });
});

describe('npm run bench', () => {
  it('--help explains the usage, and names every bench', () => {
    const { status, stdout } = bench('--help');
    expect(status).toBe(0);
    for (const text of ['Examples:', 'bundles', 'rewrite', '--rounds']) {
      expect(stdout).toContain(text);
    }
  });

  it('prints the machine and the ratios of the named benches only', () => {
    const { status, stdout, stderr } = bench('rewrite', '--rounds', '3');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`Node ${process.versions.node}`);
    expect(stdout).toMatch(/^ {2}1 ticket, written +1\.00 +1\.00 to 1\.00$/m);
    expect(stdout).toMatch(/^ {2}10 tickets, written +\d+\.\d\d +\d+\.\d\d to \d+\.\d\d$/m);
    expect(stdout).toMatch(/^1\.00 is \d+ µs, 352 tickets, no room: \d+\.\d ms$/m);
    expect(stdout).toMatch(/^ {2}352 tickets, no room +\d+\.\d\d .* 12\.40$/m);
    expect(stdout).not.toContain('bundles');
  });

  it.each([[['others']], [['rewrite', '--rounds', 'many']], [['--rounds', '0']], [['--fast']]])(
    'exits with 2 for the command line %j',
    (args) => {
      const { status, stdout, stderr } = bench(...args);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain('--help');
    },
  );
});
