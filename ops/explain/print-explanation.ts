import type { Colors } from '../context.ts';
import { escapeUnprintable } from '../printable.ts';
import type { Explanation, WatermarkView, SegmentView, TicketView } from './explanation.ts';
import { itemText } from './item-text.ts';
import { printReason } from './print-reason.ts';
import { shortenSids } from './short-sids.ts';

const mediaFromTexts = {
  segment: 'a list of its own',
  task: "the Task's list",
  defaults: 'what Insights shows by itself',
} as const;

const problemTexts = {
  'attributes-unreadable':
    'Tickets for it end as dead letters (attributes-unreadable). Whoever writes that must mend it.',
  'attributes-full':
    'Tickets for it end as dead letters (attributes-full). Whoever fills the attributes must make room.',
} as const;

const versionText = ({ version, at }: Pick<WatermarkView, 'version' | 'at'>): string => {
  if (version === '0') return 'named by the Task; the CRM has not told of it';
  return at === undefined ? `version ${version}` : `version ${version} (${at})`;
};

const segmentLines = (segment: SegmentView, name: string, { bold, cyan, dim, red }: Colors) => {
  const { status, target, mediaFrom, media, rawFirst } = segment;
  const untouched =
    status === 'pending' ? 'gets tickets once it is accepted' : 'never accepted: gets no tickets';
  const shown = target ? mediaFromTexts[mediaFrom] : untouched;
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

const stateTexts = {
  'taken-away': 'taken away',
  lost: 'lost: its next change brings it back, or an event of a Task that names it',
};

const ticketLine = (ticket: TicketView, { bold, dim }: Colors): string => {
  const text =
    ticket.state === 'linked' ? escapeUnprintable(ticket.link?.url ?? '') : stateTexts[ticket.state];
  return `  ${bold(ticket.ticket)}  ${text}  ${dim(versionText(ticket))}`;
};

const watermarkLine = (watermark: WatermarkView, { bold, dim }: Colors): string =>
  `  ${bold(`${watermark.source}/…`)}  some made room: nothing new up to ${dim(versionText(watermark))}`;

/** An explanation in lines for people. */
export const printExplanation = (explanation: Explanation, colors: Colors): string => {
  const { task, status, problem, segments, tickets, notLinked, watermarks, size, reconcile } = explanation;
  const shorten = shortenSids(segments.map(({ sid }) => sid));
  const { bold, red } = colors;
  const reasons = reconcile.reasons.map((reason) => `  - ${printReason(reason, shorten)}`);
  const readable = problem?.reason !== 'attributes-unreadable';
  const isLost = tickets.some(({ state }) => state === 'lost');
  const isHealthy = problem === undefined && !isLost && notLinked.length === 0;
  return [
    `${bold(task)}  ${status ?? ''}`.trimEnd(),
    ...(problem === undefined ? [] : [red(`${problem.detail}.`), problemTexts[problem.reason]]),
    '',
    bold('Segments'),
    ...segments.flatMap((segment) => segmentLines(segment, shorten(segment.sid), colors)),
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
    ...watermarks.map((watermark) => watermarkLine(watermark, colors)),
    ...(tickets.length + notLinked.length + watermarks.length === 0
      ? [`  ${readable ? 'none was ever linked here' : 'none that can be told'}`]
      : []),
    '',
    `${bold('Size')}  ${size.used} of ${size.limit} characters, ${size.managed} of them ours`,
    '',
    bold('A settle would change'),
    ...(reasons.length === 0 ? [`  nothing${isHealthy ? ': all is as it should be' : ''}`] : reasons),
    '',
  ].join('\n');
};
