import { rewrite } from '../shared/media/rewrite.ts';
import type { KnownTicket } from '../shared/messages/message.ts';
import type { Reservation } from '../shared/messages/segments.ts';
import type { Bench } from './frame/bench.ts';
import { type BenchCase, interleave } from './frame/interleave.ts';
import { ratioCells, table } from './frame/table.ts';

/** How long one case is measured in one round. */
const sliceMs = 20;

const microsecondsPerMillisecond = 1000;

const reservations: readonly Reservation[] = [
  { sid: `WR${'1'.repeat(32)}`, status: 'completed' },
  { sid: `WR${'2'.repeat(32)}`, status: 'accepted' },
];

/** A call as Flex makes it, before anything of ours is on it. */
const callAttributes = JSON.stringify({
  from: '+15005550006',
  direction: 'inbound',
  name: '+15005550006',
  conversations: { segment_link: `https://api.twilio.com/recordings/RE${'3'.repeat(32)}` },
});

export const rewriteBench: Bench = {
  name: 'rewrite',
  description: 'the rewrite of one Task, by how many tickets come at once',
  defaultRounds: 50,
  *run(rounds) {
    const { baseline, ratios } = interleave([1, 10, 50].flatMap(casesOf), rounds);
    const rows = ratios.map((ratio) => [ratio.of.name, ...ratioCells(ratio)]);
    yield `1.00 is ${(baseline * microsecondsPerMillisecond).toFixed(0)} µs\n\n${table([['', 'time', ''], ...rows])}`;
  },
};

function ticketsOf(count: number): KnownTicket[] {
  return Array.from({ length: count }, (_, index) => ({
    ticket: `zendesk/${4711 + index}`,
    version: String(1795342500000 + index),
    link: {
      type: 'Referenced',
      url: `https://acme.zendesk.com/agent/tickets/${4711 + index}`,
      title: `Ticket ${4711 + index}`,
    },
  }));
}

/** Milliseconds of one call, over as many as fit into a slice of time. */
function millisecondsPerCall(call: () => unknown): number {
  const start = performance.now();
  let calls = 0;
  let elapsed = 0;
  while (elapsed < sliceMs) {
    call();
    calls += 1;
    elapsed = performance.now() - start;
  }
  return elapsed / calls;
}

/** As many tickets at once, on a Task that has none of them and on one that has them all. */
function casesOf(count: number): BenchCase[] {
  const changes = ticketsOf(count);
  const { attributes: rewritten, budget } = rewrite(callAttributes, reservations, changes);
  if (
    rewritten === undefined ||
    rewrite(rewritten, reservations, changes).attributes !== undefined
  ) {
    throw new Error(`${count} tickets are not written once and then left alone`);
  }
  const tickets = count === 1 ? '1 ticket' : `${count} tickets`;
  const room = budget.evicted.length === 0 ? '' : `, ${budget.evicted.length} without room`;
  const measureRewrite = (text: string) => () =>
    millisecondsPerCall(() => rewrite(text, reservations, changes));
  return [
    { name: `${tickets}, written${room}`, measure: measureRewrite(callAttributes) },
    { name: `${tickets}, nothing to write${room}`, measure: measureRewrite(rewritten) },
  ];
}
