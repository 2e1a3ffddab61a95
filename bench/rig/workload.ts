import { isDeepStrictEqual } from 'node:util';
import type { Message } from '../../shared/messages/message.ts';
import type { TicketChange } from '../../shared/messages/ticket-change.ts';
import type { Rig } from './rig.ts';

/** A Task of a bench, and the attributes that other writers have set. */
export interface BenchTask {
  taskSid: string;
  reservationSid: string;
  callSid: string;
  /** Attributes that other writers have set, with their current values. */
  others: Readonly<Record<string, unknown>>;
}

/** Which share of the links, recordings and other attributes was kept. 1 is all of them. */
export interface Kept {
  links: number;
  recordings: number;
  foreign: number;
}

/** The names of these shares in the figures. */
export const keptFigures = ['kept.links', 'kept.recordings', 'kept.foreign'];

const recording = {
  type: 'VoiceRecording',
  url: `https://api.twilio.com/2010-04-01/Accounts/AC${'0'.repeat(32)}/Recordings/RE${'3'.repeat(32)}`,
  start_time: 1795342500000,
  channels: [
    { type: 'customer', index: 0 },
    { type: 'agent', index: 1 },
  ],
};

const notes = { type: 'Referenced', url: 'https://notes.example.com/17', title: 'Notes' };

/** Attributes that other writers have set before the first change. */
const foreign = {
  customers: { name: 'Customer 17', customer_attribute_1: 'Gold' },
  hang_up_by: 'Customer',
};

let taskNumber = 0;

/** The attributes of a call: a recording, another writer's media item and other attributes. */
export function callAttributes(): { callSid: string; attributes: object } {
  taskNumber += 1;
  const callSid = `CA${taskNumber.toString(16).padStart(32, '0')}`;
  const attributes = {
    call_sid: callSid,
    from: '+15005550006',
    direction: 'inbound',
    ...foreign,
    conversations: { queue: 'Billing', media: [recording, notes] },
  };
  return { callSid, attributes };
}

/** Creates a call that an agent has accepted. */
export function createCall(rig: Pick<Rig, 'createTask'>): BenchTask {
  const { callSid, attributes } = callAttributes();
  return { ...rig.createTask(attributes), callSid, others: foreign };
}

/** Changes an attribute as another writer does, e.g. a plugin of Flex. This change must not be lost. */
export function writeAsOther({ state: { store } }: Pick<Rig, 'state'>, task: BenchTask): void {
  const stored = store.find(task.taskSid);
  if (stored === undefined) return;
  const written = { hang_up_by: 'Agent' };
  task.others = { ...task.others, ...written };
  const attributes = { ...JSON.parse(stored.attributes), ...written };
  store.update(stored, { attributes: JSON.stringify(attributes) });
}

/** How a change names its Task. */
export type NamedBy = 'task SID' | 'call SID';

/**
 * A change that links a ticket to a Task.
 * @param now milliseconds since 1970
 */
export function changeOf(
  ticket: number,
  { taskSid, callSid }: Pick<BenchTask, 'taskSid' | 'callSid'>,
  by: NamedBy,
  more: Partial<TicketChange> = {},
  now = Date.now(),
): Message {
  return {
    v: 1,
    kind: 'ticket-change',
    meta: { receivedAt: now },
    change: {
      ticket: `zendesk/${ticket}`,
      version: '1',
      link: { type: 'Referenced', url: urlOf(ticket), title: `Ticket ${ticket}` },
      correlation: by === 'task SID' ? { taskSid } : { callSid },
      occurredAt: now,
      ...more,
    },
  };
}

function urlOf(ticket: number): string {
  return `https://acme.zendesk.com/agent/tickets/${ticket}`;
}

/**
 * Which share of the data Insights shows after the changes.
 * @param tickets the tickets that must be on each Task
 */
export function keptOn(
  { state }: Pick<Rig, 'state'>,
  tickets: ReadonlyMap<BenchTask, readonly number[]>,
): Kept {
  let [wanted, links, recordings, unchanged] = [0, 0, 0, 0];
  for (const [{ taskSid, reservationSid, others: written }, ofTask] of tickets) {
    const attributes = JSON.parse(state.store.find(taskSid)?.attributes ?? '{}');
    const media: { url?: string }[] =
      attributes.reservation_attributes?.[reservationSid]?.media ??
      attributes.conversations?.media ??
      [];
    const has = (item: object) => media.some((shown) => isDeepStrictEqual(shown, item));
    wanted += ofTask.length;
    links += ofTask.filter((ticket) => media.some(({ url }) => url === urlOf(ticket))).length;
    recordings += has(recording) ? 1 : 0;
    const others = Object.entries(written).every(([name, value]) =>
      isDeepStrictEqual(attributes[name], value),
    );
    unchanged += others && has(notes) && attributes.conversations?.queue === 'Billing' ? 1 : 0;
  }
  return {
    links: links / wanted,
    recordings: recordings / tickets.size,
    foreign: unchanged / tickets.size,
  };
}

export function keepsAll({ links, recordings, foreign }: Kept): boolean {
  return links === 1 && recordings === 1 && foreign === 1;
}
