import { maximumLength } from '../shared/media/fit.ts';
import { rewrite } from '../shared/media/rewrite.ts';
import type { KnownTicket } from '../shared/messages/message.ts';
import type { Reservation } from '../shared/messages/segments.ts';
import { type Bench, ratioCells, ratioText, table } from './frame/bench.ts';
import { type BenchCase, interleave } from './frame/interleave.ts';

export const rewriteBench: Bench = {
  name: 'rewrite',
  description: 'the rewrite of one Task, by how many tickets come at once',
  defaultRounds: 50,
  *run(rounds) {
    yield withRoom(rounds);
    yield withoutRoom(rounds);
  },
};

/** Duration of one case in one round. */
const sliceMs = 20;

const microsecondsPerMillisecond = 1000;

const reservations: readonly Reservation[] = [
  { sid: `WR${'1'.repeat(32)}`, status: 'completed' },
  { sid: `WR${'2'.repeat(32)}`, status: 'accepted' },
];

/** A call as Flex creates it, without links. */
const call = {
  from: '+15005550006',
  direction: 'inbound',
  name: '+15005550006',
  conversations: { segment_link: `https://api.twilio.com/recordings/RE${'3'.repeat(32)}` },
};

function withRoom(rounds: number): string {
  const { baseline, ratios } = interleave([1, 10, 50].flatMap(casesOf), rounds);
  const rows = ratios.map((ratio) => [ratio.of.name, ...ratioCells(ratio)]);
  return `1.00 is ${microseconds(baseline)}\n\n${table([['', 'time', ''], ...rows])}`;
}

/** The number of tickets at once, on a Task that has none of them and on one that has them all. */
function casesOf(count: number): BenchCase[] {
  const text = JSON.stringify(call);
  const changes = ticketsOf(count);
  const { attributes: rewritten, budget } = rewrite(text, reservations, changes);
  if (
    rewritten === undefined ||
    rewrite(rewritten, reservations, changes).attributes !== undefined
  ) {
    throw new Error(`${count} tickets are not written once and then left alone`);
  }
  const tickets = count === 1 ? '1 ticket' : `${count} tickets`;
  const evicted = budget.evicted.length === 0 ? '' : `, ${budget.evicted.length} evicted`;
  return [
    { name: `${tickets}, written${evicted}`, measure: measureRewrite(text, changes) },
    { name: `${tickets}, nothing to write${evicted}`, measure: measureRewrite(rewritten, changes) },
  ];
}

/** The most expensive case: the other attributes of the Task leave no room, so that every link is evicted in vain. */
function withoutRoom(rounds: number): string {
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
  const [first, largest] = [cases.at(0)?.count ?? 1, ratios.at(-1)];
  const rows = ratios.map((ratio) => [
    ratio.of.name,
    ...ratioCells(ratio),
    ratioText(nLogN(ratio.of.count) / nLogN(first)),
  ]);
  const figures = `1.00 is ${microseconds(baseline)}, ${largest?.of.name}: ${largest?.cost.toFixed(1)} ms`;
  return `\n${figures}\n\n${table([['', 'time', '', 'n log n'], ...rows])}`;
}

function nLogN(count: number): number {
  return count * Math.log2(count);
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

/** Milliseconds of one rewrite: the mean of those that fit into a slice of time. */
function measureRewrite(text: string, changes: readonly KnownTicket[]) {
  return (): number => {
    const start = performance.now();
    let calls = 0;
    let elapsed = 0;
    while (elapsed < sliceMs) {
      rewrite(text, reservations, changes);
      calls += 1;
      elapsed = performance.now() - start;
    }
    return elapsed / calls;
  };
}

function microseconds(milliseconds: number): string {
  return `${(milliseconds * microsecondsPerMillisecond).toFixed(0)} µs`;
}
