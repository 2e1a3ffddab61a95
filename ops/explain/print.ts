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
  segment: 'its own list',
  task: 'the list of the Task',
  defaults: 'Insights defaults',
} as const;

const problemTexts = {
  'attributes-unreadable':
    'Tickets become dead letters (attributes-unreadable). Repair the attributes in the system that writes them.',
  'attributes-full':
    'Tickets become dead letters (attributes-full). Free space in the system that fills the attributes.',
} as const;

const becauseTexts = {
  placed: 'placed by the CRM',
  named: 'named by the Task',
  'named-before-merge': 'a ticket that the Task names was merged into it',
  kept: 'named by the Task, until another writer put earlier attributes back',
} as const;

const stateTexts = {
  removed: 'removed',
  'not-named': 'no longer named by the Task',
  missing: 'missing: the next change or event adds it again',
};

/** An explanation as text. */
export function printExplanation(explanation: Explanation, colors: Colors): string {
  const { task, status, problem, segments, tickets, notLinked, watermarks, size, reconcile } =
    explanation;
  const shorten = shortenSids(segments.map(({ sid }) => sid));
  const { bold, red } = colors;
  const reasons = reconcile.reasons.map((reason) => `  - ${printReason(reason, shorten)}`);
  const readable = problem?.reason !== 'attributes-unreadable';
  const isMissing = tickets.some(({ state }) => state === 'missing');
  const isHealthy = problem === undefined && !isMissing && notLinked.length === 0;
  return [
    `${bold(task)}  ${status ?? ''}`.trimEnd(),
    ...(problem === undefined ? [] : [red(`${problem.detail}.`), problemTexts[problem.reason]]),
    '',
    bold('Segments'),
    ...segments.flatMap((segment) => segmentLines(segment, shorten(segment.sid), colors)),
    ...(segments.length === 0
      ? [`  ${readable ? 'none: no reservation exists' : 'unreadable'}`]
      : []),
    '',
    bold('Tickets'),
    ...tickets.map((ticket) => ticketLine(ticket, colors)),
    ...notLinked.map(
      (ticket) =>
        `  ${bold(ticket)}  named by the Task, not linked: the next event or change links it`,
    ),
    ...watermarks.map((watermark) => watermarkLine(watermark, colors)),
    ...(tickets.length + notLinked.length + watermarks.length === 0
      ? [`  ${readable ? 'none' : 'unreadable'}`]
      : []),
    '',
    `${bold('Size')}  ${size.used} of ${size.limit} characters, ${size.managed} of them managed by us`,
    '',
    bold('A reconcile would change'),
    ...(reasons.length === 0
      ? [`  nothing${isHealthy ? ': the Task is up to date' : ''}`]
      : reasons),
    '',
  ].join('\n');
}

const text = z.string().optional().catch(undefined);

const ManagedItem = z.looseObject({ title: text, url: text });

const minSidLength = 8;

function versionText({ version, at }: Pick<TicketView, 'version' | 'at'>): string {
  if (version === undefined || version === '0') return 'no CRM change received';
  return at === undefined ? `version ${version}` : `version ${version} (${at})`;
}

function segmentLines(segment: SegmentView, name: string, { bold, cyan, dim, red }: Colors) {
  const { status, target, mediaFrom, media, rawFirst } = segment;
  const untouched =
    status === 'pending'
      ? 'gets tickets when an agent accepts it'
      : 'never accepted: gets no tickets';
  const shown = target ? mediaFromTexts[mediaFrom] : untouched;
  return [
    `  ${bold(name)}  ${status.padEnd(9)}  ${dim(shown)}`,
    ...(rawFirst ? [`    ${red('a Raw link in first position hides everything else')}`] : []),
    ...(media.length === 0 ? [`    ${dim('nothing')}`] : []),
    ...media.map((item, index) => {
      const line = `    ${index + 1}. ${itemText(item)}`;
      return item.tickets.length === 0
        ? line
        : `${line}  ${cyan(`managed: ${item.tickets.join(', ')}`)}`;
    }),
  ];
}

function ticketLine(ticket: TicketView, { bold, dim }: Colors): string {
  const text =
    ticket.state === 'linked'
      ? escapeUnprintable(ticket.link?.url ?? '')
      : stateTexts[ticket.state];
  const because = ticket.because.map((reason) => becauseTexts[reason]);
  return `  ${bold(ticket.ticket)}  ${text}  ${dim([...because, versionText(ticket)].join('; '))}`;
}

function watermarkLine(watermark: WatermarkView, { bold, dim }: Colors): string {
  return `  ${bold(`${watermark.source}/…`)}  some links were evicted: no change is accepted up to ${dim(versionText(watermark))}`;
}

/** One reason of a reconcile as text. */
function printReason(reason: ReconcileReason, shorten: (sid: string) => string): string {
  switch (reason.why) {
    case 'link-missing':
      return `segment ${shorten(reason.segment)} misses the link: ${reason.media.tickets.join(', ')}`;
    case 'link-differs':
      return `segment ${shorten(reason.segment)} shows an older version of ${reason.media.tickets.join(', ')}`;
    case 'link-removed':
      return `segment ${shorten(reason.segment)} no longer shows ${reason.media.tickets.join(', ')}`;
    case 'inherited-added':
      return `segment ${shorten(reason.segment)} misses later media: ${itemText(reason.media)}`;
    case 'inherited-removed':
      return `segment ${shorten(reason.segment)} still shows replaced media: ${itemText(reason.media)}`;
    case 'order':
      return `segment ${shorten(reason.segment)} shows the same items in another order or twice`;
    case 'bookkeeping':
      return 'only the stored form; no segment changes';
    case 'evicted':
      return `there is no room for ${reason.tickets.join(', ')}: the oldest links are evicted`;
  }
}

/**
 * One media item as text. A link of ours has title and URL. Other items have type and host, unless `--all` is
 * given.
 */
function itemText({ type, tickets, host, item }: MediaView): string {
  if (tickets.length > 0) {
    const { title, url } = ManagedItem.parse(item);
    return escapeUnprintable([type, title, url].filter(Boolean).join('  '));
  }
  if (item !== undefined) return escapeUnprintable(JSON.stringify(item));
  return [type, host].filter(Boolean).join('  ');
}

/** Shortens SIDs to one length, so that they stay distinct. */
function shortenSids(sids: readonly string[]): (sid: string) => string {
  const count = new Set(sids).size;
  let length = minSidLength;
  while (new Set(sids.map((sid) => sid.slice(0, length))).size < count) length += 1;
  return (sid) => (sid.length > length ? `${sid.slice(0, length)}…` : sid);
}
