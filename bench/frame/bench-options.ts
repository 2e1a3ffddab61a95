import { parseArgs } from 'node:util';
import type { Bench } from './bench.ts';

/** What the command line asks for. */
type BenchCommand =
  | { readonly kind: 'run'; readonly benches: readonly Bench[]; readonly rounds?: number }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

const minRounds = 3;

const maxRounds = 10_000;

/** Reads the command line. @param all the benches there are */
export function parseBenchArgs(args: readonly string[], all: readonly Bench[]): BenchCommand {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { rounds: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) return { kind: 'help' };
    const unknown = positionals.find((name) => all.every((bench) => bench.name !== name));
    if (unknown !== undefined) {
      const names = all.map(({ name }) => name).join(', ');
      return { kind: 'wrong', problem: `${unknown}: there is only ${names}` };
    }
    const benches = all.filter(
      ({ name }) => positionals.length === 0 || positionals.includes(name),
    );
    if (values.rounds === undefined) return { kind: 'run', benches };
    const rounds = Number(values.rounds);
    if (!/^\d+$/.test(values.rounds) || rounds < minRounds || rounds > maxRounds) {
      const problem = `--rounds: must be a whole number from ${minRounds} to ${maxRounds}`;
      return { kind: 'wrong', problem };
    }
    return { kind: 'run', benches, rounds };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}

export function benchHelp(all: readonly Bench[]): string {
  const width = Math.max(...all.map(({ name }) => name.length));
  return `Usage: npm run bench [-- [<name> …] [--rounds <n>]]

Compares ways of doing the same thing, side by side in one run, and prints what each costs as a ratio to
the first. Times of two machines, or of two runs, say little; ratios within a run say more.

Benches, all of them where none is named:
${all.map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`).join('\n')}

  --rounds <n>  how often each case is measured; more rounds, less chance
  -h, --help    print this

The cases take turns, forwards and backwards, and each is compared with the first of its own turn. A
ratio is the median of all turns, and half of them lie between the two figures behind it. Where 1.00 lies
between them, or a row that compares a thing with itself is as far off, it may be chance.

Examples:
  npm run bench
  npm run bench -- bundles --rounds 50

A new bench is one file in bench/ and one line in bench/bench.ts. Nothing asserts a time: what is
claimed of speed elsewhere names the bench that shows it.
`;
}
