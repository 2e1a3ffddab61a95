import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { BuildOptions } from 'esbuild';
import {
  bundle,
  bundleFile,
  functionEntries,
  mapFile,
  nodeOptions,
  repositoryRoot,
} from '../infra/bundle/bundle.ts';
import { createLocalSources } from '../local/sources.ts';
import {
  type Bench,
  figuresOf,
  inTurn,
  interleave,
  median,
  ratioCells,
  ratioText,
  tableOf,
  text,
} from './frame/bench.ts';
import { powertools, project } from './rig/consumers.ts';
import { bundled, type FreshProcess, measureFresh } from './rig/functions.ts';
import { startRig, toRecord } from './rig/rig.ts';
import { changeOf, createCall } from './rig/workload.ts';
import {
  crmChangeVariables,
  naiveVariables,
  naiveWebhook,
  secretsOf,
  signedEvent,
} from './webhook.ts';

/** A name and options for one build of a bundle. */
interface BuildVariant {
  name: string;
  buildOptions?: BuildOptions;
}

const deployedVariant: BuildVariant = { name: 'as deployed' };

const variants: readonly BuildVariant[] = [
  { name: 'as deployed, again' },
  { name: 'with names set at run time', buildOptions: { keepNames: true } },
  { name: 'not minified', buildOptions: { minify: false } },
  { name: 'with nothing left out', buildOptions: { plugins: [], alias: {} } },
  { name: 'without a source map', buildOptions: { sourcemap: false } },
];

export const bundlesBench: Bench = {
  name: 'bundles',
  description: 'bytes and load time of a function, by option of its build',
  figures: Object.keys(functionEntries).map((name) => `bundleBytes.${name}`),
  // Only the first load in a process is cold, so each load has its own process. No benchmark library does that.
  *run({ rounds, progress }) {
    yield figuresOf({
      bundleBytes: Object.fromEntries(
        Object.entries(functionEntries).map(([name, entry]) => [
          name,
          Buffer.byteLength(bundle(entry).code),
        ]),
      ),
    });
    const folder = mkdtempSync(join(tmpdir(), 'bench-bundles-'));
    try {
      for (const [name, entry] of Object.entries(functionEntries)) {
        mkdirSync(join(folder, name));
        progress(`build options of ${entry}`);
        yield* compare(entry, join(folder, name), rounds(20, 3));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0);
}

/** A script that prints the CPU time of the load in all threads of its process, in milliseconds. */
function loadScript(url: string): string {
  return `
  const before = process.cpuUsage();
  await import('${url}');
  const { user, system } = process.cpuUsage(before);
  console.log((user + system) / 1000);`;
}

/** The CPU time to load the bundle, in milliseconds. */
function measureLoad(url: string): number {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', loadScript(url)],
    { env: { NODE_OPTIONS: nodeOptions }, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`The bundle does not load: ${stderr}`);
  return Number(stdout);
}

/**
 * Builds an entry into a folder.
 * @returns the case, and the bytes of the bundle, plain and with gzip
 */
function prepare(entry: string, { name, buildOptions }: BuildVariant, folder: string) {
  mkdirSync(folder);
  const { code, map } = bundle(entry, repositoryRoot, buildOptions);
  const files = [code, map].map((text) => Buffer.from(text));
  writeFileSync(join(folder, bundleFile), code);
  if (map !== '') writeFileSync(join(folder, mapFile), map);
  const url = pathToFileURL(join(folder, bundleFile)).href;
  return {
    name,
    measure: () => measureLoad(url),
    bytes: sum(files.map(({ length }) => length)),
    zipped: sum(files.map((file) => gzipSync(file).length)),
  };
}

function* compare(entry: string, folder: string, rounds: number) {
  const base = prepare(entry, deployedVariant, join(folder, 'base'));
  const prepared = variants.map((variant, index) =>
    prepare(entry, variant, join(folder, String(index))),
  );
  const { baseline, ratios } = interleave([base, ...prepared], rounds);
  const rows = ratios.map((ratio) => [
    ratio.of.name,
    ratioText(ratio.of.bytes / base.bytes),
    ratioText(ratio.of.zipped / base.zipped),
    ...ratioCells(ratio),
  ]);
  const size = `${base.bytes} bytes, ${base.zipped} with gzip`;
  const figures = `1.00 is ${size}, ${baseline.toFixed(0)} ms of processor time to load`;
  yield text(`\`${entry}\`: ${figures}`);
  yield tableOf([['build', 'bytes', 'gzip', 'load CPU', ''], ...rows]);
}

/** The cost of a new instance. */
export const coldStartBench: Bench = {
  name: 'cold-start',
  description: 'bytes, load and first request of each function in a fresh process',
  figures: ['coldStartCpuRatio'],
  async *run({ rounds, progress }) {
    const sources = await createLocalSources({});
    const zendesk = signedEvent(sources, 'zendesk');
    const rig = await startRig(project(), {
      latencyMs: 0,
      instancesInProcess: 0,
      secrets: secretsOf(sources),
    });
    try {
      const { surroundings } = rig;
      const ofSync = () => ({ Records: [toRecord(changeOf(1, createCall(rig), 'task SID'))] });
      const cases = [
        {
          name: 'naive webhook',
          entry: naiveWebhook,
          variables: naiveVariables(surroundings),
          event: () => [zendesk],
        },
        {
          name: 'Powertools sync',
          entry: powertools.entry,
          variables: await powertools.variables(surroundings),
          event: () => [ofSync()],
        },
        {
          name: 'crm-change',
          entry: functionEntries.crmChange,
          variables: crmChangeVariables(surroundings, sources),
          event: () => [zendesk],
        },
        { name: 'task-event', entry: functionEntries.taskEvent, variables: {}, event: () => [] },
        {
          name: 'sync',
          entry: functionEntries.sync,
          variables: rig.environment,
          event: () => [ofSync()],
        },
      ];
      const results = cases.map((): FreshProcess[] => []);
      const total = rounds(15, 5);
      for (let round = 0; round < total; round += 1) {
        progress(`cold starts, round ${round + 1} of ${total}`);
        for (const [index, { entry, variables, event }] of inTurn([...cases.entries()], round)) {
          const work = { events: event(), warmUp: 0, requests: 0 };
          results[index]?.push(await measureFresh(bundled(entry), variables, work));
        }
      }
      const [naive = []] = results;
      const ratioOf = (of: readonly FreshProcess[]) =>
        median(of.map(({ loadMs }, round) => loadMs / (naive[round]?.loadMs ?? Number.NaN)));
      const middle = (of: readonly FreshProcess[], value: (one: FreshProcess) => number) =>
        median(of.map(value));
      yield text('Each function is loaded in a new process. CPU is the time of all its threads.');
      yield tableOf([
        [
          'function',
          'bytes',
          'load CPU ms',
          '÷ naive',
          'load ms',
          'first request CPU ms',
          'RSS MB',
        ],
        ...cases.map(({ name, entry }, index) => {
          const of = results[index] ?? [];
          const first = middle(of, ({ firstMs }) => firstMs ?? Number.NaN);
          return [
            name,
            Buffer.byteLength(bundle(entry).code).toLocaleString('en'),
            middle(of, ({ loadMs }) => loadMs).toFixed(0),
            ratioText(ratioOf(of)),
            middle(of, ({ loadWallMs }) => loadWallMs).toFixed(0),
            Number.isNaN(first) ? '' : first.toFixed(0),
            middle(of, ({ rssMb }) => rssMb).toFixed(0),
          ];
        }),
      ]);
      yield {
        kind: 'chart',
        chart: {
          file: 'cold-start.svg',
          title: 'Loading a function in a fresh process',
          description: 'CPU time in milliseconds to load each function. Lower is better.',
          unit: 'ms of CPU',
          scale: 'linear',
          series: ['load', 'first request'],
          plot: {
            kind: 'bars',
            groups: cases.map(({ name }, index) => {
              const of = results[index] ?? [];
              return {
                name,
                values: [
                  middle(of, ({ loadMs }) => loadMs),
                  middle(of, ({ firstMs }) => firstMs ?? Number.NaN),
                ],
              };
            }),
          },
        },
      };
      const own = Object.fromEntries(
        cases.slice(2).map(({ name }, index) => [name, ratioOf(results[index + 2] ?? [])]),
      );
      yield figuresOf({
        coldStartCpuRatio: Math.max(...Object.values(own)),
        coldStartCpuRatioByFunction: own,
      });
    } finally {
      await rig.close();
    }
  },
};
