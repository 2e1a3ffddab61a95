import * as z from 'zod';
import type { Colors } from '../context.ts';
import { escapeUnprintable } from '../text.ts';
import type {
  Explanation,
  MediaView,
  ReconcileReason,
  SegmentView,
  TicketView,
  WatermarkView,
} from './explanation.ts';

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

const stateTexts = {
  'taken-away': 'taken away',
  lost: 'lost: its next change brings it back, or an event of a Task that names it',
};

/** An explanation in lines for people. */
export function printExplanation(explanation: Explanation, colors: Colors): string {
  const { task, status, problem, segments, tickets, notLinked, watermarks, size, reconcile } =
    explanation;
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
    ...(reasons.length === 0
      ? [`  nothing${isHealthy ? ': all is as it should be' : ''}`]
      : reasons),
    '',
  ].join('\n');
}

const text = z.string().optional().catch(undefined);

const ManagedItem = z.looseObject({ title: text, url: text });

const minSidLength = 8;

function versionText({ version, at }: Pick<WatermarkView, 'version' | 'at'>): string {
  if (version === '0') return 'named by the Task; the CRM has not told of it';
  return at === undefined ? `version ${version}` : `version ${version} (${at})`;
}

function segmentLines(segment: SegmentView, name: string, { bold, cyan, dim, red }: Colors) {
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
}

function ticketLine(ticket: TicketView, { bold, dim }: Colors): string {
  const text =
    ticket.state === 'linked'
      ? escapeUnprintable(ticket.link?.url ?? '')
      : stateTexts[ticket.state];
  return `  ${bold(ticket.ticket)}  ${text}  ${dim(versionText(ticket))}`;
}

function watermarkLine(watermark: WatermarkView, { bold, dim }: Colors): string {
  return `  ${bold(`${watermark.source}/…`)}  some made room: nothing new up to ${dim(versionText(watermark))}`;
}

/** One reason of a settle, in a line for people. */
function printReason(reason: ReconcileReason, shorten: (sid: string) => string): string {
  switch (reason.why) {
    case 'link-missing':
      return `segment ${shorten(reason.segment)} has no link yet: ${reason.media.tickets.join(', ')}`;
    case 'link-differs':
      return `segment ${shorten(reason.segment)} shows an older form of ${reason.media.tickets.join(', ')}`;
    case 'link-leaves':
      return `segment ${shorten(reason.segment)} no longer shows ${reason.media.tickets.join(', ')}`;
    case 'inherited-appeared':
      return `segment ${shorten(reason.segment)} lacks what appeared later: ${itemText(reason.media)}`;
    case 'inherited-gone':
      return `segment ${shorten(reason.segment)} still shows what was replaced: ${itemText(reason.media)}`;
    case 'order':
      return `segment ${shorten(reason.segment)} shows the same items, not in order or more than once`;
    case 'bookkeeping':
      return 'how it is written; no segment shows anything else for it';
    case 'evicted':
      return `there is no room for ${reason.tickets.join(', ')}: the oldest make room`;
  }
}

/** One media item in a line for people: ours by title and URL, others' by type and host unless told whole. */
function itemText({ type, tickets, host, item }: MediaView): string {
  if (tickets.length > 0) {
    const { title, url } = ManagedItem.parse(item);
    return escapeUnprintable([type, title, url].filter(Boolean).join('  '));
  }
  if (item !== undefined) return escapeUnprintable(JSON.stringify(item));
  return [type, host].filter(Boolean).join('  ');
}

/** Shortens SIDs for people, all to the same length, as far as they stay apart. */
function shortenSids(sids: readonly string[]): (sid: string) => string {
  const count = new Set(sids).size;
  let length = minSidLength;
  while (new Set(sids.map((sid) => sid.slice(0, length))).size < count) length += 1;
  return (sid) => (sid.length > length ? `${sid.slice(0, length)}…` : sid);
}
