import { parseArgs } from 'node:util';

/** What can be taken away, to see that the judge notices. */
const safeguards = ['confirmations', 'versions', 'task-events'] as const;

export type Safeguard = (typeof safeguards)[number];

/** What there is to run. */
export interface ChaosOptions {
  readonly events: number;
  readonly seed: number;
  /** Share of the calls to Twilio that are spoilt. */
  readonly faults: number;
  readonly without: readonly Safeguard[];
}

/** What the command was asked for. */
export type ChaosCommand =
  | ({ readonly kind: 'run' } & ChaosOptions)
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

const minEvents = 50;

const maxEvents = 1_000_000;

const maxSeed = 2 ** 31 - 1;

const maxFaultRate = 0.6;

const defaults = { events: 2000, faults: 0.2 };

/** Reads the command line. @param random in [0, 1), for a seed where none is given */
export function parseChaosOptions(args: readonly string[], random: number): ChaosCommand {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        events: { type: 'string' },
        seed: { type: 'string' },
        faults: { type: 'string' },
        without: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    const usageError = (problem: string): ChaosCommand => ({ kind: 'wrong', problem });
    const events = parseWholeNumber(values.events ?? `${defaults.events}`, minEvents, maxEvents);
    if (events === undefined) {
      return usageError(`--events: must be a whole number from ${minEvents} to ${maxEvents}`);
    }
    const seed = parseWholeNumber(values.seed ?? `${Math.floor(random * 1e6)}`, 0, maxSeed);
    if (seed === undefined) {
      return usageError(`--seed: must be a whole number from 0 to ${maxSeed}`);
    }
    const faults = parseRate(values.faults ?? `${defaults.faults}`);
    if (faults === undefined)
      return usageError(`--faults: must be a number from 0 to ${maxFaultRate}`);
    const without = safeguards.filter((name) => values.without.includes(name));
    if (without.length < new Set(values.without).size) {
      return usageError(`--without: there is only ${safeguards.join(', ')}`);
    }
    return { kind: 'run', events, seed, faults, without };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}

export const chaosHelp = `Usage: npm run chaos [-- [--events <n>] [--seed <n>] [--faults <share>]]

Puts the whole embedded world under fire and then checks every promise: the Lambda functions as they are
deployed, an SQS server and the TaskRouter twin, with a clock that runs sixty times faster.

  CRMs      send in bursts, out of order, twice, and again whatever did not get a 2xx
  Twilio    answers 429, 500 and 503, or not at all, before or after the write took effect; is out for
            minutes; loses, repeats and delays its events; deletes what is finished
  Flex      accepts, transfers, completes; plugins write between our reading and writing, write back
            what they read earlier, ledger and links wiped, and fill attributes to the brim
  AWS       kills the sync (SIGKILL) while it has a batch; stops the door and starts it again; moves
            what failed eight times to the dead letters, which are replayed, once interrupted

It ends with one line of JSON on stdout. "lost", "foreignLost", "staleWins" and "duplicates" are broken
promises; "converged" says that every Task that is alive is to the letter what it would be had all come
once, in order and undisturbed. Exit code 1 where anything is broken, with what was expected and what
stands on stderr.

  --events <n>      what CRMs, agents and plugins do in all (${defaults.events})
  --seed <n>        what the schedule is drawn from (any; it is printed)
  --faults <share>  how many of the calls to Twilio are spoilt, 0 to ${maxFaultRate} (${defaults.faults})
  --without <safeguard>
                    takes one away, to see that the judge notices: exit code 1 is what is right then.
                    confirmations, versions (TaskRouter ignores If-Match), task-events (it tells of none)
  --help            print this

The same seed gives the same schedule: the same events in the same order, the same faults, kills and
writers. When each of them meets the pipeline is up to the machine, so a repeated run is alike, not equal.
`;

function parseWholeNumber(text: string, least: number, most: number): number | undefined {
  const number = Number(text);
  return /^\d{1,10}$/.test(text) && number >= least && number <= most ? number : undefined;
}

function parseRate(text: string): number | undefined {
  const number = Number(text);
  return /^\d?\.?\d+$/.test(text) && number <= maxFaultRate ? number : undefined;
}
