import type { Colors } from '../context.ts';
import { escapeUnprintable, formatDuration, formatTime, wrap } from '../text.ts';
import type { LastHour, SourceOutcomes } from './last-hour.ts';
import type { Status } from './status.ts';

const width = 80;

const labelWidth = 14;

const barWidth = 20;

/** The status as one screen of 80 columns. */
export function printStatus(status: Status, colors: Colors): string {
  const { deployment, at, eventSource, queue, lastHour, deadLetters, alarms, notes } = status;
  const time = `${formatTime(at).slice(0, -1).replace('T', ' ')} UTC`;
  const { bold, green, red, yellow } = colors;
  const row = (label: string, text: string, paint: (text: string) => string = (plain) => plain) =>
    wrap('', text, labelWidth).map((line, index) =>
      index === 0 ? `${bold(label.padEnd(labelWidth))}${paint(line)}` : paint(line),
    );
  const paused = eventSource !== undefined && eventSource !== 'running';
  const isOpen = (lastHour?.openCircuits.length ?? 0) > 0;
  return [
    `${bold(deployment)}${time.padStart(Math.max(0, width - deployment.length))}`,
    '',
    ...row('sync', syncText(status), paused || isOpen ? red : green),
    ...(queue === undefined ? [] : row('Queue', queueText(queue))),
    ...row('Oldest', oldestText(status)),
    ...(lastHour === undefined
      ? []
      : [
          ...row('Lag', lagText(lastHour)),
          '',
          bold('Last hour: changes by their latest outcome'),
          ...sourceLines(lastHour.bySource, colors),
          ...(lastHour.hasMore ? ['  The log is long: at least these.'] : []),
        ]),
    '',
    ...(deadLetters === undefined
      ? []
      : row('Dead letters', deadLetterText(status), deadLetters.total > 0 ? red : green)),
    ...reasonLines(deadLetters?.byReason ?? {}, colors),
    ...(alarms === undefined
      ? []
      : row('Alarms', alarmText(alarms), alarms.inAlarm.length > 0 ? red : green)),
    ...notes.flatMap((note) => wrap(`${yellow('!')} `, note, 2)),
    '',
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}

function syncText({ at, eventSource, lastHour }: Status): string {
  const state = eventSource ?? 'unknown';
  if (lastHour === undefined) return state;
  const open = lastHour.openCircuits.map(
    (circuit) =>
      `circuit breaker open (${circuit.circuit}), last ${formatDuration(at - circuit.at)} ago`,
  );
  return [state, ...(open.length > 0 ? open : ['circuit breaker closed'])].join(', ');
}

function queueText({ ready, inFlight, retrying, delayed }: NonNullable<Status['queue']>): string {
  return `${ready} ready, ${inFlight} in flight, ${retrying} waiting for a retry, ${delayed} delayed`;
}

function oldestText({ at, oldestSeconds, lastHour }: Status): string {
  const since = lastHour?.retrying.since;
  const texts = [
    ...(oldestSeconds === undefined
      ? []
      : [`${formatDuration(oldestSeconds * 1000)} in the queue`]),
    ...(since === undefined ? [] : [`${formatDuration(at - since)} waiting for a retry`]),
  ];
  return texts.join(', ') || 'no data: the queue is empty or unused';
}

function lagText({ lag }: LastHour): string {
  if (lag === undefined) return 'no link in the last hour';
  const { p50, p99, links } = lag;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return `p50 ${seconds(p50)}, p99 ${seconds(p99)} from webhook to link (${countText(links, 'link')})`;
}

function deadLetterText({ deadLetters, eventDeadLetters = 0 }: Status): string {
  const { total = 0, tickets = 0, read = 0 } = deadLetters ?? {};
  const about = `about ${total > read ? 'at least ' : ''}${countText(tickets, 'ticket')}`;
  const texts = [
    total === 0 ? 'none' : `${total} ${about}`,
    ...(eventDeadLetters > 0 ? [countText(eventDeadLetters, 'EventBridge event')] : []),
  ];
  return texts.join(', ');
}

function countText(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function alarmText({ inAlarm, total }: NonNullable<Status['alarms']>): string {
  if (inAlarm.length === 0) return `none of ${total} is in ALARM`;
  return `${inAlarm.length} of ${total} in ALARM: ${inAlarm.join(', ')}`;
}

/** The outcomes that may still change, and those without a link. All others are good. */
const openOutcomes: readonly string[] = ['waiting', 'retry'];

const lostOutcomes: readonly string[] = ['unmatched', 'expired', 'rejected', 'dead letter'];

/** One line for each source: `█` done, `▒` still open, `░` without a link. */
function sourceLines(
  sources: readonly SourceOutcomes[],
  { cyan, dim, red, yellow }: Colors,
): string[] {
  if (sources.length === 0) return ['  none'];
  const max = Math.max(...sources.map(({ total }) => total));
  const digits = String(max).length;
  const nameWidth = Math.max(...sources.map(({ source }) => source.length));
  const lines = sources.flatMap(({ source, total, outcomes }) => {
    const count = (names: readonly string[]) =>
      names.reduce((sum, name) => sum + (outcomes[name] ?? 0), 0);
    const [open, lost] = [count(openOutcomes), count(lostOutcomes)];
    const cells = (value: number) =>
      value === 0 ? 0 : Math.max(1, Math.round((value / max) * barWidth));
    const parts = [
      { bar: '█'.repeat(cells(total - open - lost)), paint: cyan },
      { bar: '▒'.repeat(cells(open)), paint: yellow },
      { bar: '░'.repeat(cells(lost)), paint: red },
    ];
    const length = parts.reduce((sum, { bar }) => sum + bar.length, 0);
    const bar = parts.map(({ bar: text, paint }) => paint(text)).join('');
    const first = `  ${escapeUnprintable(source).padEnd(nameWidth)}  ${String(total).padStart(digits)}  ${bar}${' '.repeat(Math.max(0, barWidth + 2 - length))}  `;
    const indent = nameWidth + digits + barWidth + 10;
    const texts = Object.entries(outcomes).map(([name, value]) => `${name}\u00a0${value}`);
    return wrap(first, texts.join(', '), indent).map((line) => line.replaceAll('\u00a0', ' '));
  });
  return [...lines, dim('  █ done  ▒ still open  ░ no link')];
}

function reasonLines(byReason: Readonly<Record<string, number>>, { red }: Colors): string[] {
  const rows = Object.entries(byReason);
  const max = Math.max(0, ...rows.map(([, count]) => count));
  const nameWidth = Math.max(0, ...rows.map(([name]) => name.length));
  const digits = String(max).length;
  return rows.map(([name, count]) => {
    const bar = '█'.repeat(Math.max(1, Math.round((count / max) * barWidth)));
    return `  ${escapeUnprintable(name).padEnd(nameWidth)}  ${String(count).padStart(digits)}  ${red(bar)}`;
  });
}
