import type { WhyView } from '../../console/actions.ts';
import type { Colors } from '../context.ts';
import { describeReason } from '../dlq/queue.ts';
import { escapeUnprintable, formatDuration, formatTime, wrap } from '../text.ts';
import type { TraceEvent } from './events.ts';
import type { Trace, TracedTask } from './trace.ts';

/** Where an item is now, and the next step. */
interface Conclusion {
  text: string;
  next?: string;
}

/** A trace as a time line for a terminal of 80 columns. Times are in UTC. */
export function printTrace(
  trace: Trace,
  deployment: string,
  now: number,
  { bold, dim }: Colors,
  option: string,
): string {
  const { item, since, events, tasks, deadLetters, notes } = trace;
  const { text, next } = conclude(trace, now, option);
  return [
    `${bold(item.value)}, ${deployment}, the last ${spanText(now - since)}`,
    ...timeLines(collapse(events), dim),
    '',
    bold('Now'),
    ...tasks.flatMap((task) => wrap('  ', taskText(task, item.value), 4)),
    ...deadLetters.flatMap((deadLetter) => wrap('  ', deadLetterText(deadLetter), 4)),
    ...wrap('  ', text, 2),
    ...(next === undefined ? [] : wrap(`  ${dim('->')} `, next, 5)),
    ...notes.flatMap((note) => wrap('! ', note, 2)),
    '',
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}

/** A trace for the console, with the texts of `printTrace`. */
export function traceView(trace: Trace, now: number, option: string): WhyView {
  const { item, events, tasks, deadLetters, notes } = trace;
  const { text: conclusion, next } = conclude(trace, now, option);
  return {
    conclusion,
    next,
    events: collapse(events).map((repeated) => ({
      at: repeated.event.at,
      part: partNames[repeated.event.part],
      text: eventText(repeated),
    })),
    places: [
      ...tasks.map((task) => taskText(task, item.value)),
      ...deadLetters.map(deadLetterText),
    ],
    notes,
  };
}

/** The place of the item now, and the next step. */
export function conclude(trace: Trace, now: number, option: string): Conclusion {
  const { item, since, events, deadLetters, paused } = trace;
  const command = (name: string) => `npm run ops -- ${name} ${option}`;
  const [deadLetter] = deadLetters;
  if (deadLetter !== undefined) {
    const { id, reason } = deadLetter;
    return {
      text: `It is in the dead-letter queue: ${describeReason(reason) ?? reason}.`,
      next: command(`dlq show ${id.slice(0, 8)}`),
    };
  }
  const last = events.findLast(({ part, isReconcile }) => part === 'sync' && !isReconcile);
  const accepted = events.findLast(({ part }) => part === 'crm-change');
  const isQueued = accepted !== undefined && (last === undefined || last.at < accepted.at);
  const isWaiting = last?.disposition === 'retry-later' || last?.disposition === 'requeue';
  const isOpen = isQueued || (isWaiting && !finalOutcomes.includes(last?.outcome ?? ''));
  if (isOpen && paused) {
    return {
      text: 'Its message waits in the queue: sync is paused.',
      next: command('sync resume'),
    };
  }
  if (isQueued) {
    const age = formatDuration(now - accepted.at);
    return {
      text: `Its last change was accepted ${age} ago, and sync has not handled it yet.`,
      next: command('status'),
    };
  }
  const state = stateOnTasks(trace);
  if (last === undefined && state === undefined && events.length === 0) {
    return {
      text: `Not seen in the last ${spanText(now - since)}.`,
      next:
        item.kind === 'ticket'
          ? `Did the CRM send a webhook, and was it accepted? ${command('doctor')} shows rejected requests. --since 7d looks further back.`
          : '--since 7d looks further back. Only tickets whose CRM knows this SID, or that the Task names, are linked.',
    };
  }
  const isSearching = isOpen && last?.outcome === 'unmatched';
  const outcome = isSearching ? 'searching' : (last?.outcome ?? '');
  const conclusion = isOpen || state === undefined ? conclusions[outcome] : state;
  if (conclusion === undefined) return { text: 'Nothing is waiting.' };
  return {
    text: conclusion.text,
    ...(conclusion.next !== undefined && { next: command(conclusion.next) }),
  };
}

/** A span of time. 24 h is clearer than a day. */
function spanText(ms: number): string {
  const hours = ms / 3_600_000;
  return Number.isInteger(hours) && hours < 48 ? `${hours} h` : formatDuration(ms);
}

/** After these outcomes, sync sends the message again to check the write. */
const finalOutcomes: readonly string[] = ['linked', 'removed', 'reconciled', 'unchanged', 'stale'];

/** The conclusion for sync's last outcome. `next` is a command. */
const conclusions: Readonly<Record<string, Conclusion>> = {
  linked: { text: 'Its link was written.' },
  removed: { text: 'Its link was removed.' },
  unchanged: { text: 'The Task was up to date.' },
  stale: { text: 'A newer version of the ticket was there already.' },
  waiting: { text: 'It waits until an agent accepts the conversation.' },
  searching: { text: 'No Task matches yet: sync searches again soon.' },
  unmatched: {
    text: 'No Task has the SID that the CRM sent, or names the ticket. The next change of the ticket searches again.',
    next: 'doctor',
  },
  expired: {
    text: 'The conversation had ended, and Twilio had deleted its Task: it cannot be linked any more.',
  },
  retry: { text: 'It waits in the queue for its next try.', next: 'doctor' },
  rejected: {
    text: 'sync rejected it, and it is no longer a dead letter: it was replayed or purged.',
  },
};

/** The state of a ticket on its Tasks. For a conversation: whether all of its tickets are linked. */
function stateOnTasks({ item, tasks }: Trace): Conclusion | undefined {
  const open = tasks.filter(({ status }) => status !== 'gone' && status !== 'unknown');
  const states = open.flatMap(({ sid, tickets }) =>
    tickets
      .filter(({ ticket }) => item.kind !== 'ticket' || ticket === item.value)
      .map(({ state }) => ({ sid, state })),
  );
  const missing = states.find(({ state }) => state === 'missing');
  if (missing !== undefined) {
    return {
      text: 'A link is missing: the next change of the ticket, or the next event of the Task, adds it.',
      next: `explain ${missing.sid}`,
    };
  }
  const linked = states.find(({ state }) => state === 'linked');
  if (linked !== undefined) {
    return { text: 'The link is on the Task.', next: `explain ${linked.sid}` };
  }
  return states.length > 0 ? { text: 'The link was removed from the Task.' } : undefined;
}

function deadLetterText({ id, reason, ticket }: Trace['deadLetters'][number]): string {
  return `dead letter ${id}: ${ticket ?? ''} ${reason}`.replaceAll('  ', ' ');
}

function taskText({ sid, status, tickets }: TracedTask, value: string): string {
  if (status === 'gone') return `${sid}: Twilio has deleted it`;
  const shown = tickets.filter(({ ticket }) => (value.includes('/') ? ticket === value : true));
  const states = shown.map(({ ticket, state }) => `${ticket} ${state}`);
  return `${sid} (${status}): ${states.join(', ') || 'no tickets'}`;
}

/** An event, how often it was repeated in a row, and its last time. */
interface Repeated {
  event: TraceEvent;
  count: number;
}

/** Joins repeated events. An outage causes the same line again and again. */
function collapse(events: readonly TraceEvent[]): readonly Repeated[] {
  const collapsed: Repeated[] = [];
  const subject = ({ text }: TraceEvent) => text.replace(/, try \d+$/, '');
  for (const event of events) {
    const last = collapsed.at(-1);
    if (
      last !== undefined &&
      last.event.part === event.part &&
      subject(last.event) === subject(event)
    ) {
      collapsed[collapsed.length - 1] = { event, count: last.count + 1 };
    } else collapsed.push({ event, count: 1 });
  }
  return collapsed;
}

const partNames = { 'crm-change': 'webhook', 'task-event': 'task event', sync: 'sync' } as const;

function timeLines(events: readonly Repeated[], dim: Colors['dim']): string[] {
  let day = '';
  return events.flatMap((repeated) => {
    const { event } = repeated;
    const [date = '', time = ''] = formatTime(event.at).slice(0, -1).split('T');
    const heading = date === day ? [] : ['', dim(`${date} UTC`)];
    day = date;
    const first = `  ${time}  ${partNames[event.part].padEnd(10)}  `;
    return [...heading, ...wrap(first, eventText(repeated), first.length)];
  });
}

function eventText({ event: { text, lagMs, outcome }, count }: Repeated): string {
  const lag =
    lagMs === undefined || outcome !== 'linked'
      ? ''
      : `, ${(lagMs / 1000).toFixed(1)} s after the change`;
  const times = count > 1 ? ` (${count} times, this is the last)` : '';
  return escapeUnprintable(text) + lag + times;
}
