import {
  type Bench,
  type Effort,
  figuresOf,
  median,
  ratioText,
  tableOf,
  text,
} from './frame/bench.ts';
import type { Chart } from './frame/chart.ts';
import {
  type Consumer,
  powertools,
  powertools44,
  project,
  readModifyWrite,
} from './rig/consumers.ts';
import {
  keptOf,
  type LagRun,
  type Load,
  latencyMs,
  type Measured,
  meanCpu,
  measureAll,
  p50Of,
  p99Of,
  steady,
} from './rig/measure-lag.ts';
import { keepsAll, keptFigures } from './rig/workload.ts';

const rates = [20, 50, 100];

/** The lag at a steady rate: the time from a change on the queue to its link on the Task. */
export const lagBench: Bench = {
  name: 'lag',
  description: `from a change on the queue to its link on the Task, TaskRouter at ${latencyMs} ms`,
  figures: [
    ...rates.flatMap((rate) => [`lag.${rate}.p50Ratio`, `lag.${rate}.p99Ratio`]),
    'lagBySearch20P50Ms',
    ...keptFigures,
  ],
  async *run(effort) {
    const lag: Record<string, object> = {};
    const rows = [lagHead];
    const atRates: Measured[][] = [];
    for (const perSecond of rates) {
      const load = steady(effort, perSecond, 'task SID', 60);
      const measured = await measureAll(effort, [project(), ...baselinesOf(effort)], load);
      const { figures, rows: ofRate } = compareLag(`${perSecond}/s`, measured);
      lag[perSecond] = figures;
      rows.push(...ofRate);
      atRates.push(measured);
    }
    yield text(lagNote);
    yield tableOf(rows);
    yield { kind: 'chart', chart: lagChart(atRates) };
    yield { kind: 'chart', chart: timeChart(atRates.at(-1) ?? []) };

    const bySearch: Measured[] = [];
    for (const perSecond of rates) {
      const load = steady(effort, perSecond, 'call SID', 60);
      bySearch.push(...(await measureAll(effort, [project()], load)));
    }
    const searching = steady(effort, rates[0] ?? 0, 'call SID', effort.quick ? 5 : 40);
    const oneRound = { ...effort, rounds: () => 1 };
    const [rival] = await measureAll(oneRound, [powertools], searching);
    yield text(searchNote);
    yield tableOf([
      ['by call SID', 'p50 ms', 'p99 ms', 'in time', 'searches', 'grows'],
      ...bySearch.map((one, index) => searchRow(`${rates[index]}/s crm-media-sync`, one)),
      ...(rival === undefined ? [] : [searchRow(`${rates[0]}/s Powertools`, rival)]),
    ]);

    const runs = [...atRates.flat(), ...bySearch].flatMap((one) => one.runs);
    const rigCpu = meanCpu(runs);
    yield text(cpuText(rigCpu));
    const ours = atRates.map(([first]) => first).concat(bySearch);
    yield figuresOf({
      lag,
      lagBySearch: Object.fromEntries(
        bySearch.map((one, index) => [rates[index], lagFigures(one)]),
      ),
      lagBySearch20P50Ms: bySearch[0]?.p50,
      kept: keptOf(ours.flatMap((one) => one?.runs ?? [])),
      rigCpu,
    });
  },
};

/** The baselines that keep all data if each change has its own Task. */
function baselinesOf({ quick }: Effort): readonly Consumer[] {
  return quick ? [powertools, readModifyWrite] : [powertools, powertools44, readModifyWrite];
}

const burstSize = 200;

/** The throughput of many changes at once. */
export const burstBench: Bench = {
  name: 'burst',
  description: `${burstSize} changes at once, each for its own Task, TaskRouter at ${latencyMs} ms`,
  figures: ['burst200Ratio', ...keptFigures],
  async *run(effort) {
    const load: Load = {
      count: burstSize,
      perSecond: Number.POSITIVE_INFINITY,
      by: 'task SID',
      confirmAfter: '20,90',
      graceSeconds: 60,
    };
    const consumers = [project(), ...baselinesOf(effort)];
    const measured = await measureAll(
      { ...effort, rounds: () => effort.rounds(7, 2) },
      consumers,
      load,
    );
    const [ours] = measured;
    const speedOf = ({ seconds }: LagRun) => burstSize / seconds;
    const speed = ({ runs }: Measured) => median(runs.map(speedOf));
    const best = measured
      .slice(1)
      .filter(isEligible)
      .toSorted((one, other) => speed(other) - speed(one))[0];
    const ratioTo = ({ runs }: Measured) => ratioOf(ours?.runs.map(speedOf), runs.map(speedOf));
    yield tableOf([
      ['burst of 200', 'links a second', 'ours ÷ theirs', 'keeps all'],
      ...measured.map((one) => [
        one.consumer.name,
        speed(one).toFixed(1),
        one === ours ? '' : ratioText(ratioTo(one)),
        isEligible(one) ? 'yes' : 'no',
      ]),
    ]);
    yield {
      kind: 'chart',
      chart: {
        file: 'burst.svg',
        title: 'A burst of 200 changes',
        description: 'Links a second, by program. Higher is better.',
        unit: 'links a second',
        scale: 'linear',
        series: ['links a second'],
        plot: {
          kind: 'bars',
          groups: measured.map((one) => ({ name: one.consumer.name, values: [speed(one)] })),
        },
      },
    };
    yield figuresOf({
      burst200Ratio: best && ratioTo(best),
      burst200: {
        ours: ours && speed(ours),
        theirs: best && speed(best),
        best: best?.consumer.name,
      },
      kept: keptOf(ours?.runs ?? []),
    });
  },
};

/** The highest rate of changes that need a search, without a growing lag. */
export const kneeBench: Bench = {
  name: 'knee',
  description: 'the highest rate of changes by call SID at which the lag does not grow',
  figures: ['searchKneePerSecond'],
  async *run(effort) {
    const step = effort.quick ? 20 : 10;
    const top = 200;
    const tried = new Map<number, Measured>();
    let [low, high] = [0, top / step + 1];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      const perSecond = middle * step;
      const load = steady(effort, perSecond, 'call SID', 10);
      const oneRound = { ...effort, rounds: () => 1 };
      let [measured] = await measureAll(oneRound, [project()], load);
      // One slow moment of a busy machine must not decide, so the run is repeated.
      if (measured?.grows && !effort.quick)
        [measured] = await measureAll(oneRound, [project()], load);
      if (measured === undefined) throw new Error('Nothing was measured');
      tried.set(perSecond, measured);
      if (measured.grows) high = middle;
      else low = middle;
    }
    const knee = low * step;
    const sorted = [...tried].toSorted(([one], [other]) => one - other);
    yield text(
      `The lag of changes by call SID does not grow up to ${knee} changes a second. If each change needed its own search, the limit would be three.`,
    );
    yield tableOf([
      ['changes a second', 'p50 ms', 'p99 ms', 'in time', 'searches', 'grows'],
      ...sorted.map(([rate, one]) => searchRow(String(rate), one)),
    ]);
    yield figuresOf({
      searchKneePerSecond: knee,
      // Above the knee, links come after the end of the run.
      kept: keptOf(sorted.flatMap(([rate, { runs }]) => (rate <= knee ? runs : []))),
    });
  },
};

function isEligible({ runs }: Measured): boolean {
  return runs.every(({ kept }) => keepsAll(kept));
}

/** The median of the rounds' ratios. */
function ratioOf(ours: readonly number[] = [], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

const lagHead = [
  'by Task SID',
  'p50 ms',
  'p99 ms',
  'grows',
  'p50 ours ÷ theirs',
  'p99 ours ÷ theirs',
];

function compareLag(rate: string, measured: readonly Measured[]) {
  const [ours, ...rivals] = measured;
  if (ours === undefined) throw new Error('Nothing was measured');
  const ratio = (of: (run: LagRun) => number, { runs }: Measured) =>
    ratioOf(ours.runs.map(of), runs.map(of));
  const best = (by: 'p50' | 'p99') =>
    rivals.filter(isEligible).toSorted((one, other) => one[by] - other[by])[0];
  const [bestP50, bestP99] = [best('p50'), best('p99')];
  const rows = measured.map((one) => [
    `${rate} ${one.consumer.name}`,
    one.p50.toFixed(0),
    one.p99.toFixed(0),
    one.grows ? 'yes' : 'no',
    ...(one === ours ? ['', ''] : [ratioText(ratio(p50Of, one)), ratioText(ratio(p99Of, one))]),
  ]);
  const figures = {
    p50Ratio: bestP50 && ratio(p50Of, bestP50),
    p99Ratio: bestP99 && ratio(p99Of, bestP99),
    ...lagFigures(ours),
    theirs: Object.fromEntries(rivals.map((one) => [one.consumer.name, lagFigures(one)])),
  };
  return { rows, figures };
}

function lagFigures({ p50, p99, grows: growing }: Measured) {
  return { p50Ms: p50, p99Ms: p99, grows: growing };
}

function searchRow(name: string, one: Measured): string[] {
  const lags = one.runs.flatMap((run) => run.lags);
  const inTime = lags.filter(Number.isFinite).length;
  return [
    name,
    msText(one.p50),
    msText(one.p99),
    `${inTime} of ${lags.length}`,
    String(one.runs.reduce((sum, { searches }) => sum + searches, 0)),
    one.grows ? 'yes' : 'no',
  ];
}

function msText(ms: number): string {
  return Number.isFinite(ms) ? ms.toFixed(0) : 'not in time';
}

const lagNote =
  'The time from when a change is due until its link is on the Task. The shortest is 160 ms: two round trips. ' +
  '"Grows": the last third waits longer than the first.';

const searchNote = 'A change by call SID needs a search for its Task.';

function cpuText({ rigOfProcess, rigOfMachine, processOfMachine, machineBusy }: RigCpu): string {
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return (
    `CPU: the rig (emulator, SQS, event source mappings, sender) used ${percent(rigOfProcess)} of its process and ` +
    `${percent(rigOfMachine)} of the machine. Rig and functions used ${percent(processOfMachine)}, all programs ` +
    `${percent(machineBusy)}.`
  );
}

type RigCpu = ReturnType<typeof meanCpu>;

function lagChart(atRates: readonly (readonly Measured[])[]): Chart {
  return {
    file: 'lag.svg',
    title: 'Lag by rate of changes',
    description:
      'Median lag in milliseconds by rate and program. The line above a bar is p99. Lower is better.',
    unit: 'ms, p50 and p99, logarithmic',
    scale: 'log',
    series: atRates[0]?.map(({ consumer }) => consumer.name) ?? [],
    plot: {
      kind: 'bars',
      groups: atRates.map((measured, index) => ({
        name: `${rates[index]} changes a second`,
        values: measured.map(({ p50 }) => p50),
        high: measured.map(({ p99 }) => p99),
      })),
    },
  };
}

/** The lag at the highest rate, second by second. */
function timeChart(measured: readonly Measured[]): Chart {
  const perSecond = rates.at(-1) ?? 1;
  return {
    file: 'lag-over-time.svg',
    title: `Lag at ${perSecond} changes a second, over time`,
    description:
      'Median lag in milliseconds of the changes of each second. A rising line shows a backlog.',
    unit: 'ms, median of a second, logarithmic',
    scale: 'log',
    series: measured.map(({ consumer }) => consumer.name),
    plot: {
      kind: 'lines',
      x: 'seconds since the first change',
      points: measured.map(({ runs: [run] }) => {
        const seconds = Math.floor((run?.lags.length ?? 0) / perSecond);
        return Array.from({ length: seconds }, (_, second): [number, number] => {
          const lags = run?.lags.slice(second * perSecond, (second + 1) * perSecond) ?? [];
          return [second, median(lags)];
        });
      }),
    },
  };
}
