import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseXml } from '@rgrove/parse-xml';
import { describe, expect, it, onTestFinished } from 'vitest';
import { interleave, markdown, tableOf } from '../../bench/frame/bench.ts';
import { drawChart } from '../../bench/frame/chart.ts';
import {
  docsRecipe,
  flexTemplate,
  powertools,
  project,
  readModifyWrite,
} from '../../bench/rig/consumers.ts';
import { grows } from '../../bench/rig/measure-lag.ts';
import { startRig } from '../../bench/rig/rig.ts';
import { changeOf, createCall, keptOn } from '../../bench/rig/workload.ts';

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

describe('a change on the emulator', () => {
  const all = { links: 1, recordings: 1, foreign: 1 };
  it.each([
    { consumer: project(), alone: all, together: all, calls: 3 },
    { consumer: powertools, alone: all, together: all, calls: 9 },
    { consumer: readModifyWrite, alone: all, together: { ...all, links: 0.5 }, calls: 4 },
    {
      consumer: docsRecipe,
      alone: { links: 1, recordings: 0, foreign: 0 },
      together: { links: 0.5, recordings: 0, foreign: 0 },
      calls: 2,
    },
    {
      consumer: flexTemplate,
      alone: { ...all, recordings: 0 },
      together: { links: 0.5, recordings: 0, foreign: 1 },
      calls: 6,
    },
  ])(
    '$consumer.name keeps what it keeps, alone and beside another of the same Task',
    async (row) => {
      const variables = { CONFIRM_AFTER_SECONDS: '' };
      const rig = await startRig(row.consumer, { latencyMs: 100, variables });
      onTestFinished(rig.close);
      const task = createCall(rig);
      await rig.deliver([[changeOf(1, task, 'task SID')]]);
      expect(keptOn(rig, new Map([[task, [1]]]))).toEqual(row.alone);

      const shared = createCall(rig);
      const before = rig.calls();
      await rig.deliver([[1, 2].map((ticket) => changeOf(ticket, shared, 'task SID'))]);
      await rig.waitUntilEmpty();
      expect(keptOn(rig, new Map([[shared, [1, 2]]]))).toEqual(row.together);
      expect(rig.calls() - before).toBe(row.calls);
    },
  );

  it('is in a backlog if the last third waits longer than the first', () => {
    const lags = Array.from({ length: 90 }, (_, index) => 200 + index);
    expect(grows(lags)).toBe(false);
    expect(grows(lags.map((lag, index) => lag + 20 * index))).toBe(true);
    expect(grows([...lags.slice(0, 60), ...lags.slice(60).fill(Number.POSITIVE_INFINITY)])).toBe(
      true,
    );
  });
});

describe('a result', () => {
  const bars = {
    kind: 'bars',
    groups: [{ name: 'a <b> & c', values: [12, Number.POSITIVE_INFINITY, undefined], high: [30] }],
  } as const;
  const lines = { kind: 'lines', x: 'seconds', points: [[[0, 5]], [[0, 1]]] } as const;
  const chart = { file: 'x.svg', title: 'Lag', description: 'Lower is better.', unit: 'ms' };

  it.each([
    ['linear', bars],
    ['log', bars],
    ['linear', lines],
    ['log', lines],
  ] as const)('is drawn as SVG, light and dark: %s, %j', (scale, plot) => {
    const svg = drawChart({ ...chart, scale, series: ['one', 'two', 'three'], plot });
    expect(parseXml(svg).root?.name).toBe('svg');
    expect(svg).toContain('<title>Lag</title>\n<desc>Lower is better.</desc>');
    expect(svg).toContain('prefers-color-scheme:dark');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('is a table of the page', () => {
    const rows = [
      ['lag', 'ms'],
      ['20/s', '208'],
    ];
    expect(markdown(tableOf(rows), 'images')).toBe('|lag|ms|\n|---|---:|\n|20/s|208|\n\n');
  });
});

/** The figures that each full or quick run gives. */
const figures = [
  ...['20', '50', '100'].flatMap((rate) => [`lag.${rate}.p50Ratio`, `lag.${rate}.p99Ratio`]),
  ...['lagBySearch20P50Ms', 'burst200Ratio', 'searchKneePerSecond'],
  ...['callsPerChange', 'callsPerExclusiveChange', 'calls32OnOneTask', 'calls32InFourBatches'],
  ...['kept.links', 'kept.recordings', 'kept.foreign', 'webhookCpuRatio', 'coldStartCpuRatio'],
  ...['bundleBytes.crmChange', 'bundleBytes.taskEvent', 'bundleBytes.sync'],
  ...['rewrite352Ms', 'replayPerSecond', 'duplicateWrites'],
];

describe('npm run bench', () => {
  it('--help explains the usage, and names every bench and its figures', () => {
    const { status, stdout } = bench('--help');
    expect(status).toBe(0);
    for (const text of ['Examples:', 'bundles', 'rewrite', '--rounds', '--quick', ...figures]) {
      expect(stdout).toContain(text);
    }
  });

  it('prints the ratios of the named benches only, and their figures as JSON', () => {
    const { status, stdout } = bench('rewrite', '--rounds', '3');
    expect(status).toBe(0);
    expect(stdout).toContain(`Node ${process.versions.node}`);
    expect(stdout).toMatch(/^ {2}1 ticket, written +1\.00 +1\.00 to 1\.00$/m);
    expect(stdout).toMatch(/^ {2}10 tickets, written +\d+\.\d\d +\d+\.\d\d to \d+\.\d\d$/m);
    expect(stdout).toMatch(/^A full Task has no room for any of 352 tickets: \d+\.\d ms\.$/m);
    expect(stdout).toMatch(/^ {2}352 tickets, no room +\d+\.\d\d/m);
    expect(stdout).not.toContain('bundles');
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toEqual({
      machine: expect.any(String),
      quick: false,
      rewrite352Ms: expect.any(Number),
    });
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
