import { parseArgs } from 'node:util';

/** Safeguards that can be switched off, to prove that the invariants notice. */
const safeguards = ['confirmations', 'versions', 'task-events'] as const;

type Safeguard = (typeof safeguards)[number];

export interface ChaosOptions {
  readonly events: number;
  readonly seed: number;
  /** Share of Twilio calls that fail. */
  readonly faults: number;
  /** How many processes are killed; undefined: as many as the events call for. */
  readonly kills?: number;
  readonly without: readonly Safeguard[];
}

type ChaosCommand =
  | ({ readonly kind: 'run' } & ChaosOptions)
  | { readonly kind: 'help' }
  | { readonly kind: 'usage-error'; readonly problem: string };

const maxFaultRate = 0.6;

const defaults = { events: '2000', faults: '0.2' };

/** Reads the command line. @param random in [0, 1), for a seed if none is given */
export function parseChaosOptions(args: readonly string[], random: number): ChaosCommand {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        events: { type: 'string', default: defaults.events },
        seed: { type: 'string' },
        faults: { type: 'string', default: defaults.faults },
        kills: { type: 'string' },
        without: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    const events = parseNumber('events', values.events, whole, 50, 1_000_000);
    const randomSeed = `${Math.floor(random * 1e6)}`;
    const seed = parseNumber('seed', values.seed ?? randomSeed, whole, 0, 2 ** 31 - 1);
    const faults = parseNumber('faults', values.faults, decimal, 0, maxFaultRate);
    const kills =
      values.kills === undefined
        ? {}
        : { kills: parseNumber('kills', values.kills, whole, 1, 1e6) };
    const without = safeguards.filter((name) => values.without.includes(name));
    if (without.length < new Set(values.without).size) {
      throw new Error(`--without must be one of ${safeguards.join(', ')}`);
    }
    return { kind: 'run', events, seed, faults, ...kills, without };
  } catch (error) {
    return { kind: 'usage-error', problem: error instanceof Error ? error.message : String(error) };
  }
}

export const chaosHelp = `Usage: npm run chaos [-- [--events <n>] [--seed <n>] [--faults <share>] [--kills <n>]]

Runs the local stack with faults and then checks every invariant: the Lambda functions as deployed, an SQS
server and the TaskRouter emulator, with a clock that runs sixty times faster.

  CRMs      send bursts, out of order and twice; send a webhook again if it got no 2xx
  Twilio    returns 429, 500 and 503, or does not answer, before or after the write; has outages of
            minutes; loses, repeats and delays events; deletes finished Tasks
  Flex      accepts, transfers, completes; plugins write between the sync's read and write, write back stale
            attributes without ledger and links, and fill the attributes up to the limit
  AWS       kills the sync (SIGKILL) during a batch; stops and restarts the webhook functions; moves
            messages to the dead-letter queue after eight receives; a replay of the dead letters is killed, and
            the next one replays them

It prints one line of JSON on stdout at the end. "lost", "foreignLost", "staleWins" and "duplicates" count
violated invariants. "converged" is true if every live Task is exactly what it would be if all changes had
arrived once, in order and undisturbed. Exit code 1 if an invariant is violated; stderr shows the expected
and the actual value.

  --events <n>      number of actions of CRMs, agents and plugins (${defaults.events})
  --seed <n>        seed of the schedule (default: random; it is printed)
  --faults <share>  share of Twilio calls that fail, 0 to ${maxFaultRate} (${defaults.faults})
  --kills <n>       kills so often: three of four times the sync, else "dlq replay". Each hundred kills have a
                    stack, a plan with --events events and a seed of their own, counted up from --seed
  --without <safeguard>
                    switches a safeguard off, to prove that the invariants notice: exit code 1 is expected.
                    confirmations, versions (TaskRouter ignores If-Match), task-events (none are sent)
  --help            print this

The same seed gives the same schedule: the same events, faults, kills and writers in the same order. The
timing depends on the machine, so two runs are similar, not identical.
`;

const whole = { form: /^\d{1,10}$/, name: 'an integer' };

const decimal = { form: /^\d?\.?\d+$/, name: 'a number' };

function parseNumber(
  option: string,
  text: string,
  { form, name }: typeof whole,
  least: number,
  most: number,
): number {
  const number = Number(text);
  if (form.test(text) && number >= least && number <= most) return number;
  throw new Error(`--${option}: must be ${name} from ${least} to ${most}`);
}
