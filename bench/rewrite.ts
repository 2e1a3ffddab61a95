import { rewrite } from '../shared/media/rewrite.ts';
import type { KnownTicket } from '../shared/message/settle.ts';
import type { Reservation } from '../shared/taskrouter/task-router.ts';
import type { Bench } from './frame/bench.ts';
import { type Case, interleave } from './frame/interleave.ts';
import { ratioCells, table } from './frame/table.ts';

/** How long one case is measured in one round. */
const sliceMs = 20;
const microseconds = 1000;

const reservations: readonly Reservation[] = [
  { sid: `WR${'1'.repeat(32)}`, status: 'completed' },
  { sid: `WR${'2'.repeat(32)}`, status: 'accepted' },
];

/** A call as Flex makes it, before anything of ours is on it. */
const call = JSON.stringify({
  from: '+15005550006',
  direction: 'inbound',
  name: '+15005550006',
  conversations: { segment_link: `https://api.twilio.com/recordings/RE${'3'.repeat(32)}` },
});

const ticketsOf = (count: number): KnownTicket[] =>
  Array.from({ length: count }, (_, index) => ({
    ticket: `zendesk/${4711 + index}`,
    version: String(1795342500000 + index),
    link: {
      type: 'Referenced',
      url: `https://acme.zendesk.com/agent/tickets/${4711 + index}`,
      title: `Ticket ${4711 + index}`,
    },
  }));

/** Milliseconds of one call, over as many as fit into a slice of time. */
const costOf = (call: () => unknown): number => {
  const start = performance.now();
  let calls = 0;
  let passed = 0;
  while (passed < sliceMs) {
    call();
    calls += 1;
    passed = performance.now() - start;
  }
  return passed / calls;
};

/** As many tickets at once, on a Task that has none of them and on one that has them all. */
const casesOf = (count: number): Case[] => {
  const changes = ticketsOf(count);
  const { attributes: written, budget } = rewrite(call, reservations, changes);
  if (written === undefined || rewrite(written, reservations, changes).attributes !== undefined) {
    throw new Error(`${count} tickets are not written once and then left alone`);
  }
  const tickets = count === 1 ? '1 ticket' : `${count} tickets`;
  const room = budget.evicted.length === 0 ? '' : `, ${budget.evicted.length} without room`;
  const on = (text: string) => () => costOf(() => rewrite(text, reservations, changes));
  return [
    { name: `${tickets}, written${room}`, measure: on(call) },
    { name: `${tickets}, nothing to write${room}`, measure: on(written) },
  ];
};

export const rewriteBench: Bench = {
  name: 'rewrite',
  about: 'the rewrite of one Task, by how many tickets come at once',
  usualRounds: 50,
  *run(rounds) {
    const { one, ratios } = interleave([1, 10, 50].flatMap(casesOf), rounds);
    const rows = ratios.map((ratio) => [ratio.of.name, ...ratioCells(ratio)]);
    yield `1.00 is ${(one * microseconds).toFixed(0)} µs\n\n${table([['', 'time', ''], ...rows])}`;
  },
};
