import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, buildSync } from 'esbuild';
import {
  bundleFile,
  bundleOptions,
  functionEntries,
  nodeOptions,
  repositoryRoot,
} from '../infra/bundle/bundle.ts';
import { type Bench, ratioCells, ratioText, table } from './frame/bench.ts';
import { interleave } from './frame/interleave.ts';

/** A set of build options. */
interface BuildVariant {
  name: string;
  buildOptions?: BuildOptions;
}

const deployedVariant: BuildVariant = { name: 'as deployed' };

const variants: readonly BuildVariant[] = [
  { name: 'as deployed, again' },
  { name: 'without function names', buildOptions: { keepNames: false } },
  { name: 'not minified', buildOptions: { minify: false } },
  { name: 'with all AWS credential providers', buildOptions: { alias: {} } },
  { name: 'without a source map', buildOptions: { sourcemap: false } },
];

export const bundlesBench: Bench = {
  name: 'bundles',
  description: 'bytes and load time of a function, by option of its build',
  defaultRounds: 20,
  // Only the first load in a process is cold, so each one runs in its own process. No library for benches does that.
  *run(rounds) {
    const folder = mkdtempSync(join(tmpdir(), 'bench-bundles-'));
    try {
      for (const [name, entry] of Object.entries(functionEntries)) {
        mkdirSync(join(folder, name));
        yield compare(entry, join(folder, name), rounds);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0);
}

/** Prints the processor time of the load alone, in all threads of its process. */
function loadScript(url: string): string {
  return `
  const before = process.cpuUsage();
  await import('${url}');
  const { user, system } = process.cpuUsage(before);
  console.log((user + system) / 1000);`;
}

/** Processor time of loading the bundle, in milliseconds. */
function measureLoad(url: string): number {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', loadScript(url)],
    { env: { NODE_OPTIONS: nodeOptions }, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the bundle does not load: ${stderr}`);
  return Number(stdout);
}

/** Builds an entry into a folder. @returns the case, and the bytes of the archive, plain and with gzip */
function prepare(entry: string, { name, buildOptions }: BuildVariant, folder: string) {
  mkdirSync(folder);
  const { outputFiles } = buildSync({
    ...bundleOptions(entry, repositoryRoot),
    ...buildOptions,
    write: false,
  });
  for (const { path, contents } of outputFiles) {
    writeFileSync(join(folder, basename(path)), contents);
  }
  const url = pathToFileURL(join(folder, bundleFile)).href;
  return {
    name,
    measure: () => measureLoad(url),
    bytes: sum(outputFiles.map(({ contents }) => contents.length)),
    zipped: sum(outputFiles.map(({ contents }) => gzipSync(contents).length)),
  };
}

function compare(entry: string, folder: string, rounds: number): string {
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
  return `${entry}: ${figures}\n\n${table([['', 'bytes', 'gzip', 'load', ''], ...rows])}\n`;
}
