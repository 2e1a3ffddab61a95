import { parseArgs } from 'node:util';

/** What can be taken away, to see that the judge notices. */
const safeguards = ['confirmations', 'versions', 'task-events'] as const;
export type Safeguard = (typeof safeguards)[number];

/** What there is to run. */
export interface ChaosRun {
  readonly events: number;
  readonly seed: number;
  /** Share of the calls to Twilio that are spoilt. */
  readonly faults: number;
  readonly without: readonly Safeguard[];
}

/** What the command was asked for. */
export type ChaosCommand =
  | ({ readonly kind: 'run' } & ChaosRun)
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

const leastEvents = 50;
const mostEvents = 1_000_000;
const greatestSeed = 2 ** 31 - 1;
const mostFaults = 0.6;
const usual = { events: 2000, faults: 0.2 };

const wholeNumber = (text: string, least: number, most: number): number | undefined => {
  const number = Number(text);
  return /^\d{1,10}$/.test(text) && number >= least && number <= most ? number : undefined;
};

const share = (text: string): number | undefined => {
  const number = Number(text);
  return /^\d?\.?\d+$/.test(text) && number <= mostFaults ? number : undefined;
};

/** Reads the command line. @param random in [0, 1), for a seed where none is given */
export const chaosOptions = (args: readonly string[], random: number): ChaosCommand => {
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
    const wrong = (problem: string): ChaosCommand => ({ kind: 'wrong', problem });
    const events = wholeNumber(values.events ?? `${usual.events}`, leastEvents, mostEvents);
    if (events === undefined) {
      return wrong(`--events: must be a whole number from ${leastEvents} to ${mostEvents}`);
    }
    const seed = wholeNumber(values.seed ?? `${Math.floor(random * 1e6)}`, 0, greatestSeed);
    if (seed === undefined) {
      return wrong(`--seed: must be a whole number from 0 to ${greatestSeed}`);
    }
    const faults = share(values.faults ?? `${usual.faults}`);
    if (faults === undefined) return wrong(`--faults: must be a number from 0 to ${mostFaults}`);
    const without = safeguards.filter((name) => values.without.includes(name));
    if (without.length < new Set(values.without).size) {
      return wrong(`--without: there is only ${safeguards.join(', ')}`);
    }
    return { kind: 'run', events, seed, faults, without };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
};

export const help = `Usage: npm run chaos [-- [--events <n>] [--seed <n>] [--faults <share>]]

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

  --events <n>      what CRMs, agents and plugins do in all (${usual.events})
  --seed <n>        what the schedule is drawn from (any; it is printed)
  --faults <share>  how many of the calls to Twilio are spoilt, 0 to ${mostFaults} (${usual.faults})
  --without <safeguard>
                    takes one away, to see that the judge notices: exit code 1 is what is right then.
                    confirmations, versions (TaskRouter ignores If-Match), task-events (it tells of none)
  --help            print this

The same seed gives the same schedule: the same events in the same order, the same faults, kills and
writers. When each of them meets the pipeline is up to the machine, so a repeated run is alike, not equal.
`;
