import type { ActionInput, ConversationAction } from '../../console/actions.ts';
import type { ConversationView, MediaView, SegmentTime } from '../../console/parts.ts';
import type { Feed } from '../../console/server/feed.ts';
import { ActionError } from '../../console/server/server.ts';
import { explainTask } from '../../ops/explain/explain-task.ts';
import type { MediaView as ExplainedMedia } from '../../ops/explain/explanation.ts';
import { MediaItem } from '../../ops/explain/media-view.ts';
import type { LinkConfig } from '../../shared/crm/link-settings.ts';
import type { JsonObject } from '../../shared/json.ts';
import { parseAttributes } from '../../shared/media/attributes.ts';
import { maximumLength } from '../../shared/media/fit.ts';
import { ledgerAttribute } from '../../shared/media/ledger.ts';
import { sourceOf } from '../../shared/messages/ticket-change.ts';
import type { EmulatedEvent } from '../taskrouter/events/event.ts';
import { newSid } from '../taskrouter/sids.ts';
import type { EmulatorState } from '../taskrouter/state.ts';
import { IllegalTransition, isFinished } from '../taskrouter/tasks/lifecycle.ts';
import type { StoredReservation, StoredTask, TaskChange } from '../taskrouter/tasks/types.ts';
import { refusesFrames, soundPath } from './stand-ins.ts';

export type Conversations = ReturnType<typeof createConversations>;

/** When an agent accepted a segment, and when it ended. Milliseconds since 1970. */
interface SegmentTimes {
  acceptedAt?: number;
  endedAt?: number;
}

type Channel = ConversationView['channel'];

const agents = ['Ana', 'Ben', 'Chloe', 'Dan', 'Eve'];

/** The most conversations that the page shows. The oldest are removed. */
const maxConversations = 50;

/**
 * The conversations of the local stack: the actions of customers, agents and plugins, and the view of a supervisor.
 * The actions change the emulator's state directly, so that no fault of TaskRouter stops them.
 */
export function createConversations(feed: Feed, sources: Readonly<Record<string, LinkConfig>>) {
  let state: EmulatorState | undefined;
  const views = new Map<string, ConversationView>();
  const times = new Map<string, SegmentTimes>();
  const names = new Map<string, { channel: Channel; title: string }>();
  let started = 0;

  const emulator = (): EmulatorState => {
    if (state === undefined) throw new Error('TaskRouter has not been started');
    return state;
  };
  const find = (sid: string): StoredTask => {
    const task = emulator().store.find(sid);
    if (task === undefined) throw new ActionError('Twilio has deleted this Task.');
    return task;
  };
  const update = (task: StoredTask, change: Partial<TaskChange>): void =>
    emulator().store.update(task, change);
  /** Writes attributes as Flex and its plugins do: all of them, without `If-Match`. */
  const write = (task: StoredTask, attributes: JsonObject): void => {
    const text = JSON.stringify(attributes);
    if (text.length > maximumLength) {
      throw new ActionError(`Twilio accepts at most ${maximumLength} characters.`);
    }
    update(task, { attributes: text });
  };

  const refresh = (): void => {
    const { store, settings } = emulator();
    for (const task of store.list()) {
      const view = viewOf(task, settings.deleteAfterMs, nameOf(task), times, sources);
      views.set(task.sid, view);
    }
    for (const [sid, view] of views) {
      if (view.isDeleted || store.find(sid) !== undefined) continue;
      views.set(sid, { ...view, isDeleted: true, actions: [] });
    }
    for (const sid of [...views.keys()].slice(0, -maxConversations)) {
      views.delete(sid);
      feed.remove('conversation', sid);
    }
    for (const [sid, view] of views) feed.set('conversation', view, sid);
  };
  /** A Task that was created through the API gets a name too. */
  const nameOf = (task: StoredTask) => {
    const known = names.get(task.sid);
    if (known !== undefined) return known;
    const named = { channel: 'call' as const, title: `Task ${task.number}` };
    names.set(task.sid, named);
    return named;
  };

  return {
    attach: (emulatorState: EmulatorState): void => {
      state = emulatorState;
    },
    /** Sends the current state to the page. */
    refresh,
    /** Records when segments begin and end. */
    takeEvent: ({ type, at, reservation }: EmulatedEvent): void => {
      if (reservation === undefined || type === 'reservation.created') return;
      const known = times.get(reservation.sid);
      const time = type === 'reservation.accepted' ? { acceptedAt: at } : { endedAt: at };
      times.set(reservation.sid, { ...time, ...known });
    },
    start: async ({ channel }: ActionInput<'start'>): Promise<{ conversation: string }> => {
      started += 1;
      const { attributes, title } = newConversation(channel, started);
      const { sid } = emulator().store.create({ ...taskFields, attributes });
      names.set(sid, { channel, title });
      refresh();
      return { conversation: sid };
    },
    act: async ({ conversation, action }: ActionInput<'act'>): Promise<null> => {
      const task = find(conversation);
      const { store } = emulator();
      const attributes = parseAttributes(task.attributes);
      try {
        switch (action) {
          case 'accept':
            store.moveReservation(task, store.offer(task, nextAgent(task)), 'accepted');
            break;
          case 'transfer':
            store.moveReservation(task, store.transfer(task, nextAgent(task), 'COLD'), 'accepted');
            break;
          case 'recording':
            write(task, withConversations(attributes, { segment_link: recordingUrl() }));
            break;
          case 'overwrite': {
            // The plugin read the Task before the first link was written. Now it writes these old attributes back.
            const { [ledgerAttribute]: _, reservation_attributes: __, ...read } = attributes;
            write(task, { ...read, disposition: 'refund' });
            break;
          }
          case 'raw':
            write(task, withConversations(attributes, { media: [rawLink] }));
            break;
          case 'fill': {
            const used = JSON.stringify({ ...attributes, notes: '' }).length;
            const room = maximumLength - used - roomForId;
            write(task, { ...attributes, notes: 'x'.repeat(Math.max(0, room)) });
            break;
          }
          case 'wrap-up':
            update(task, { status: 'wrapping' });
            break;
          case 'complete':
            update(task, { status: 'completed' });
            break;
          case 'hang-up':
            update(task, { status: 'canceled', reason: 'hangup' });
            break;
        }
      } catch (error) {
        if (error instanceof IllegalTransition) throw new ActionError(error.message);
        throw error;
      }
      refresh();
      return null;
    },
    attributesOf: (sid: string): string | undefined => emulator().store.find(sid)?.attributes,
    /** Writes the ticket's id to the Task, as an agent's plugin does in Twilio's integrations. */
    nameTicket: (sid: string, attribute: string, ticket: string): void => {
      const task = find(sid);
      write(task, { ...parseAttributes(task.attributes), [attribute]: ticket });
    },
    /** The SIDs that a ticket can contain to name the conversation. */
    sidsOf: (sid: string): Readonly<Record<'CA' | 'CH' | 'WT', string | undefined>> => {
      const task = emulator().store.find(sid);
      const { call_sid: call, conversationSid } = task ? parseAttributes(task.attributes) : {};
      const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
      return { CA: text(call), CH: text(conversationSid), WT: sid };
    },
    tasks: (): readonly StoredTask[] => emulator().store.list(),
  };
}

const taskFields = {
  priority: 0,
  timeout: 86_400,
  taskChannel: 'default',
  workflowSid: `WW${'1'.repeat(32)}`,
  taskQueueSid: `WQ${'2'.repeat(32)}`,
  virtualStartTime: undefined,
  routingTarget: null,
  ignoreCapacity: false,
};

/** How many characters stay free: enough for the id of one more ticket, too few for its link. */
const roomForId = 80;

/** A link of another writer. It is the first item. */
const rawLink = { type: 'Raw', url: 'https://wiki.example.com/refunds', title: 'Refund policy' };

/** The attributes that Flex gives to a Task of this channel. */
function newConversation(channel: Channel, number: number): { attributes: string; title: string } {
  const caller = `+1 555 01${String(number % 100).padStart(2, '0')}`;
  const customer = `customer${number}@example.com`;
  switch (channel) {
    case 'call': {
      const from = caller.replaceAll(' ', '');
      const attributes = { direction: 'inbound', from, call_sid: newSid('CA') };
      return { attributes: JSON.stringify(attributes), title: `Call from ${caller}` };
    }
    case 'chat': {
      const attributes = { channelType: 'web', conversationSid: newSid('CH') };
      return { attributes: JSON.stringify(attributes), title: `Chat with visitor ${number}` };
    }
    case 'e-mail': {
      const attributes = { channelType: 'email', customer, conversationSid: newSid('CH') };
      return { attributes: JSON.stringify(attributes), title: `E-mail from ${customer}` };
    }
  }
}

function nextAgent({ reservations }: StoredTask): string {
  return agents[reservations.length % agents.length] ?? 'Ana';
}

function recordingUrl(): string {
  return `https://recordings.example.com/${newSid('RE')}`;
}

function withConversations(attributes: JsonObject, fields: JsonObject): JsonObject {
  const { conversations } = attributes;
  const known = typeof conversations === 'object' && conversations !== null ? conversations : {};
  return { ...attributes, conversations: { ...known, ...fields } };
}

function viewOf(
  task: StoredTask,
  deleteAfterMs: number,
  { channel, title }: { channel: Channel; title: string },
  times: ReadonlyMap<string, SegmentTimes>,
  sources: Readonly<Record<string, LinkConfig>>,
): ConversationView {
  const { sid, attributes, status, createdAt, finishedAt, reservations } = task;
  const { segments, size, tickets } = explainTask(task, reservations, sources, true);
  const ledger = ledgerLength(attributes);
  return {
    sid,
    title,
    channel,
    status,
    createdAt,
    finishedAt,
    deletesAt: finishedAt === undefined ? undefined : finishedAt + deleteAfterMs,
    isDeleted: false,
    segments: reservations.map((reservation): SegmentTime => {
      const segment = segments.find((each) => each.sid === reservation.sid);
      return {
        ...segmentTimes(reservation, times.get(reservation.sid)),
        isTarget: segment?.target ?? false,
        rawFirst: segment?.rawFirst ?? false,
        media: (segment?.media ?? []).map(mediaView),
      };
    }),
    attributes,
    size: {
      used: size.used,
      limit: size.limit,
      links: Math.max(0, size.managed - ledger),
      ledger,
    },
    tickets: tickets.map(({ ticket, version, at, state, because }) => ({
      ticket,
      version,
      at,
      state,
      because,
    })),
    actions: actionsOf(task),
  };
}

function segmentTimes(
  { sid, workerName, status, createdAt }: StoredReservation,
  { acceptedAt, endedAt }: SegmentTimes = {},
) {
  return { sid, worker: workerName, status, from: createdAt, acceptedAt, to: endedAt };
}

/** How many characters of the attributes our ledger needs. */
function ledgerLength(attributes: string): number {
  try {
    const ledger = parseAttributes(attributes)[ledgerAttribute];
    return ledger === undefined ? 0 : JSON.stringify({ [ledgerAttribute]: ledger }).length - 1;
  } catch {
    return 0;
  }
}

function mediaView({ type, tickets, item }: ExplainedMedia): MediaView {
  const parsed = MediaItem.safeParse(item).data;
  const url = parsed && 'url' in parsed && typeof parsed.url === 'string' ? parsed.url : undefined;
  const [ticket] = tickets;
  const names: Readonly<Record<string, string>> = {
    VoiceRecording: 'Recording',
    ChatTranscript: 'Transcript',
    EmailTranscript: 'E-mail',
  };
  return {
    type,
    title: parsed?.title ?? names[type] ?? ticket ?? type,
    url,
    ticket,
    page: ticket === undefined ? undefined : `/tickets/${ticket}`,
    refusesFrames: ticket !== undefined && refusesFrames.includes(sourceOf(ticket)),
    sound: type === 'VoiceRecording' && url !== undefined ? soundPath(url) : undefined,
  };
}

function actionsOf({ status, reservations }: StoredTask): ConversationAction[] {
  const always: ConversationAction[] = ['recording', 'overwrite', 'raw', 'fill'];
  // Twilio accepts changes of media until it deletes the Task.
  if (isFinished(status)) return always;
  const accepted = reservations.some((each) => each.status === 'accepted');
  const isWrapping = status === 'wrapping';
  if (accepted) return ['transfer', ...always, 'wrap-up', 'complete'];
  return isWrapping ? [...always, 'complete'] : ['accept', ...always, 'hang-up'];
}
