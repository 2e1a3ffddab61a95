import { maximumLength } from '../shared/media/fit.ts';
import { rewrite } from '../shared/media/rewrite.ts';
import type { KnownTicket } from '../shared/messages/message.ts';
import type { Reservation } from '../shared/messages/segments.ts';
import {
  type Bench,
  type BenchCase,
  figuresOf,
  interleave,
  type Part,
  printedTableOf,
  ratioCells,
  tableOf,
  text,
} from './frame/bench.ts';

export const rewriteBench: Bench = {
  name: 'rewrite',
  description:
    'the rewrite of one Task, by how many tickets come at once and how many reservations it has',
  figures: ['rewrite352Ms'],
  *run({ rounds, progress }) {
    progress('the rewrite of a Task');
    const count = rounds(50, 5);
    yield* withRoom(count);
    yield* byReservations(count);
    yield* withoutRoom(count);
  },
};

/** How long one case runs in one round, in milliseconds. */
const sliceMs = 20;

const microsecondsPerMillisecond = 1000;

const reservations = reservationsOf(2);

/** The reservations of a Task that was transferred `count - 1` times. The last agent has the Task. */
function reservationsOf(count: number): readonly Reservation[] {
  return Array.from({ length: count }, (_, index) => ({
    sid: `WR${String(index).padStart(32, '1')}`,
    status: index === count - 1 ? 'accepted' : 'completed',
  }));
}

/** The attributes of a call as Flex creates it, without links. */
const call = {
  from: '+15005550006',
  direction: 'inbound',
  name: '+15005550006',
  conversations: { segment_link: `https://api.twilio.com/recordings/RE${'3'.repeat(32)}` },
};

function* withRoom(rounds: number): Generator<Part> {
  const { baseline, ratios } = interleave([1, 10, 50].flatMap(casesOf), rounds);
  const rows = ratios.map((ratio) => [ratio.of.name, ...ratioCells(ratio)]);
  yield printedTableOf([['rewrite', `÷ ${microseconds(baseline)}`, 'half of the rounds'], ...rows]);
}

/** Cases by the number of tickets in one rewrite: the Task has none of the tickets, or all of them. */
function casesOf(count: number): BenchCase[] {
  const before = JSON.stringify(call);
  const changes = ticketsOf(count);
  const { attributes: rewritten, budget } = rewrite(before, reservations, changes);
  if (
    rewritten === undefined ||
    rewrite(rewritten, reservations, changes).attributes !== undefined
  ) {
    throw new Error(`${count} tickets: the first rewrite must write, the second must not`);
  }
  const tickets = count === 1 ? '1 ticket' : `${count} tickets`;
  const evicted = budget.evicted.length === 0 ? '' : `, ${budget.evicted.length} evicted`;
  return [
    { name: `${tickets}, written${evicted}`, measure: measureRewrite(before, changes) },
    { name: `${tickets}, nothing to write${evicted}`, measure: measureRewrite(rewritten, changes) },
  ];
}

/** Milliseconds by the number of tickets and reservations. The Task has none of the tickets. */
function* byReservations(rounds: number): Generator<Part> {
  const [tickets, segments] = [
    [1, 10, 50, 352],
    [1, 2, 4, 8],
  ];
  const attributes = JSON.stringify(call);
  const cases = tickets.flatMap((count) =>
    segments.map((of) => ({
      name: `${count} × ${of}`,
      measure: measureRewrite(attributes, ticketsOf(count), reservationsOf(of)),
    })),
  );
  const { ratios } = interleave(cases, rounds);
  const costOf = (count: number, of: number) =>
    ratios.find((ratio) => ratio.of.name === `${count} × ${of}`)?.cost ?? Number.NaN;
  yield text('Milliseconds for one rewrite, by how many tickets it adds.');
  yield tableOf([
    ['tickets', ...segments.map((of) => (of === 1 ? '1 reservation' : `${of} reservations`))],
    ...tickets.map((count) => [
      String(count),
      ...segments.map((of) => costOf(count, of).toPrecision(2)),
    ]),
  ]);
  yield {
    kind: 'chart',
    chart: {
      file: 'rewrite.svg',
      title: 'The rewrite of one Task',
      description:
        'Milliseconds by tickets at once, for each number of reservations. Lower is better.',
      unit: 'ms, logarithmic',
      scale: 'log',
      series: segments.map((of) => (of === 1 ? '1 reservation' : `${of} reservations`)),
      plot: {
        kind: 'bars',
        groups: tickets.map((count) => ({
          name: count === 1 ? '1 ticket' : `${count} tickets`,
          values: segments.map((of) => costOf(count, of)),
        })),
      },
    },
  };
}

/**
 * The most expensive case. The other attributes of the Task leave no room, so that evicting links does not help.
 */
function* withoutRoom(rounds: number): Generator<Part> {
  const notes = 'x'.repeat(maximumLength - JSON.stringify({ ...call, notes: '' }).length);
  const fullTask = JSON.stringify({ ...call, notes });
  const cases = [44, 88, 352].map((count) => {
    const changes = ticketsOf(count);
    const { outcomes } = rewrite(fullTask, reservations, changes);
    if (outcomes.some(({ outcome }) => outcome !== 'rejected')) {
      throw new Error(`the full Task has room for one of ${count} tickets`);
    }
    return { name: `${count} tickets, no room`, count, measure: measureRewrite(fullTask, changes) };
  });
  const { baseline, ratios } = interleave(cases, rounds);
  const largest = ratios.at(-1);
  const rows = ratios.map((ratio) => [ratio.of.name, ...ratioCells(ratio)]);
  yield text(
    `A full Task has no room for any of ${cases.at(-1)?.count} tickets: ${largest?.cost.toFixed(1)} ms.`,
  );
  yield printedTableOf([
    ['full Task', `÷ ${microseconds(baseline)}`, 'half of the rounds'],
    ...rows,
  ]);
  yield figuresOf({ rewrite352Ms: largest?.cost });
}

function ticketsOf(count: number): KnownTicket[] {
  return Array.from({ length: count }, (_, index) => ({
    ticket: `zendesk/${4711 + index}`,
    version: String(1795342500000 + index),
    link: {
      type: 'Referenced',
      url: `https://acme.zendesk.com/agent/tickets/${4711 + index}`,
      title: `Ticket ${4711 + index}`,
    },
    placed: true,
  }));
}

/** The duration of one rewrite in milliseconds: the mean of all that fit into `sliceMs`. */
function measureRewrite(
  attributes: string,
  changes: readonly KnownTicket[],
  segments: readonly Reservation[] = reservations,
) {
  return (): number => {
    const start = performance.now();
    let calls = 0;
    let elapsed = 0;
    while (elapsed < sliceMs) {
      rewrite(attributes, segments, changes);
      calls += 1;
      elapsed = performance.now() - start;
    }
    return elapsed / calls;
  };
}

function microseconds(milliseconds: number): string {
  return `${(milliseconds * microsecondsPerMillisecond).toFixed(0)} µs`;
}
