import type { Colors } from '../context.ts';
import { printable } from '../printable.ts';
import type { Explanation, FloorView, SegmentView, TicketView } from './explanation.ts';
import { itemText } from './item-text.ts';
import { printReason } from './print-reason.ts';
import { shortSids } from './short-sids.ts';

const origins = {
  segment: 'a list of its own',
  task: "the Task's list",
  defaults: 'what Insights shows by itself',
} as const;

const problems = {
  'attributes-unreadable':
    'Tickets for it end as dead letters (attributes-unreadable). Whoever writes that must mend it.',
  'attributes-full':
    'Tickets for it end as dead letters (attributes-full). Whoever fills the attributes must make room.',
} as const;

const versionText = ({ version, at }: Pick<FloorView, 'version' | 'at'>): string => {
  if (version === '0') return 'named by the Task; the CRM has not told of it';
  return at === undefined ? `version ${version}` : `version ${version} (${at})`;
};

const segmentLines = (segment: SegmentView, name: string, { bold, cyan, dim, red }: Colors) => {
  const { status, target, from, media, rawFirst } = segment;
  const untouched =
    status === 'pending' ? 'gets tickets once it is accepted' : 'never accepted: gets no tickets';
  const shown = target ? origins[from] : untouched;
  return [
    `  ${bold(name)}  ${status.padEnd(9)}  ${dim(shown)}`,
    ...(rawFirst ? [`    ${red('a Raw link in first place hides all else')}`] : []),
    ...(media.length === 0 ? [`    ${dim('nothing')}`] : []),
    ...media.map((item, index) => {
      const line = `    ${index + 1}. ${itemText(item)}`;
      return item.tickets.length === 0
        ? line
        : `${line}  ${cyan(`ours: ${item.tickets.join(', ')}`)}`;
    }),
  ];
};

const states = {
  'taken-away': 'taken away',
  lost: 'lost: its next change brings it back, or an event of a Task that names it',
};

const ticketLine = (ticket: TicketView, { bold, dim }: Colors): string => {
  const known =
    ticket.state === 'linked' ? printable(ticket.link?.url ?? '') : states[ticket.state];
  return `  ${bold(ticket.ticket)}  ${known}  ${dim(versionText(ticket))}`;
};

const floorLine = (floor: FloorView, { bold, dim }: Colors): string =>
  `  ${bold(`${floor.source}/…`)}  some made room: nothing new up to ${dim(versionText(floor))}`;

/** An explanation in lines for people. */
export const printExplanation = (explanation: Explanation, colors: Colors): string => {
  const { task, status, problem, segments, tickets, notLinked, floors, size, settle } = explanation;
  const short = shortSids(segments.map(({ sid }) => sid));
  const { bold, red } = colors;
  const reasons = settle.reasons.map((reason) => `  - ${printReason(reason, short)}`);
  const readable = problem?.reason !== 'attributes-unreadable';
  const isLost = tickets.some(({ state }) => state === 'lost');
  const isWell = problem === undefined && !isLost && notLinked.length === 0;
  return [
    `${bold(task)}  ${status ?? ''}`.trimEnd(),
    ...(problem === undefined ? [] : [red(`${problem.detail}.`), problems[problem.reason]]),
    '',
    bold('Segments'),
    ...segments.flatMap((segment) => segmentLines(segment, short(segment.sid), colors)),
    ...(segments.length === 0
      ? [`  ${readable ? 'none: nobody was offered it yet' : 'none that can be told'}`]
      : []),
    '',
    bold('Tickets'),
    ...tickets.map((ticket) => ticketLine(ticket, colors)),
    ...notLinked.map(
      (ticket) =>
        `  ${bold(ticket)}  named by the Task, not linked: its next event links it, or the ticket's next change`,
    ),
    ...floors.map((floor) => floorLine(floor, colors)),
    ...(tickets.length + notLinked.length + floors.length === 0
      ? [`  ${readable ? 'none was ever linked here' : 'none that can be told'}`]
      : []),
    '',
    `${bold('Size')}  ${size.used} of ${size.limit} characters, ${size.ours} of them ours`,
    '',
    bold('A settle would change'),
    ...(reasons.length === 0 ? [`  nothing${isWell ? ': all is as it should be' : ''}`] : reasons),
    '',
  ].join('\n');
};
