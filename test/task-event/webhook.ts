import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { TaskEventLog } from '../../lambdas/task-event/log-request.ts';
import { createTaskEventWebhook, type TaskEventOptions } from '../../lambdas/task-event/webhook.ts';
import type { EmulatedEvent } from '../../local/taskrouter/events/event.ts';
import {
  callbackRequest,
  eventStreamsRequest,
  type SignedRequest,
} from '../../local/taskrouter/events/signed-request.ts';
import { TaskStore } from '../../local/taskrouter/tasks/store.ts';
import { newWorkspace } from '../../local/taskrouter/tasks/types.ts';
import { LinkConfigs } from '../../shared/crm/link-settings.ts';
import { countInvalidIds, ticketsOnTask } from '../../shared/crm/tickets-on-task.ts';
import { rewrite } from '../../shared/media/rewrite.ts';
import { ReconcileMessage } from '../../shared/messages/message.ts';
import { apiGatewayEvent, webhookSurroundings } from '../http/webhook.ts';
import { taskFields, writeAttributes } from '../local/taskrouter/store-tasks.ts';

export const now = Date.parse('2026-11-23T10:00:00Z');
export const account = { accountSid: `AC${'a'.repeat(32)}`, workspaceSid: `WS${'c'.repeat(32)}` };
export const authToken = 'd'.repeat(32);
export const url = 'https://api.example.com/twilio/task-events';

const sources = LinkConfigs.parse({
  zendesk: {
    kind: 'zendesk',
    ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
    taskAttribute: 'zd_ticket_id',
  },
  crm: {
    kind: 'salesforce',
    ticketUrl: 'https://acme.my.salesforce.com/{id}',
    taskAttribute: 'salesforce.caseId',
  },
});
const namedTickets = ticketsOnTask(sources);

/** The webhook of TaskRouter's events, over a queue that takes everything by default. */
export const setUpWebhook = (options: Partial<TaskEventOptions> = {}) => {
  const around = webhookSurroundings<TaskEventLog>(now);
  const taskEvent = createTaskEventWebhook({
    ...account,
    ...around.options,
    namedTickets,
    countInvalidIds: countInvalidIds(sources),
    authTokenSecret: 'auth-token',
    publicUrl: undefined,
    readSecret: async () => authToken,
    writeBackoff: () => 0,
    ...options,
  });
  const messages = () =>
    around.sent.map(({ MessageBody = '' }) => ReconcileMessage.parse(JSON.parse(MessageBody)));
  return { taskEvent, messages, ...around };
};

/** A signed request as API Gateway gives it. */
export const signedEvent = (
  { url: text, headers, body }: SignedRequest,
  change: Partial<APIGatewayProxyEventV2> = {},
): APIGatewayProxyEventV2 => {
  const { pathname: path, search, host } = new URL(text);
  const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const event = apiGatewayEvent(body, { path, query: search.slice(1), host });
  return { ...event, headers: Object.fromEntries(lowerCase), ...change };
};

export const byCallback = (event: EmulatedEvent): APIGatewayProxyEventV2 =>
  signedEvent(callbackRequest(event, url, authToken));
export const byStream = (...events: EmulatedEvent[]): APIGatewayProxyEventV2 =>
  signedEvent(eventStreamsRequest(events, url, authToken));

/** A Workspace with one Task, and all events that TaskRouter sends about it. */
export const setUpTask = (attributes: object) => {
  const events: EmulatedEvent[] = [];
  const store = new TaskStore(
    () => now,
    () => 120_000,
    (event) => events.push(event),
    newWorkspace(account.accountSid, account.workspaceSid, now),
  );
  const task = store.create(taskFields(attributes));
  const write = (text: string) => writeAttributes(store, task, text);
  return {
    store,
    task,
    events,
    write,
    /** Another writer changes some attributes. */
    writeOther: (change: object) =>
      write(JSON.stringify({ ...JSON.parse(task.attributes), ...change })),
    accept: (worker: string) => {
      const reservation = store.offer(task, worker);
      store.moveReservation(task, reservation, 'accepted');
      return reservation;
    },
    /** We link a ticket, as the sync does. */
    link: (ticket: string, version: string) => {
      const link = { type: 'Referenced' as const, url: `https://acme.zendesk.com/agent/tickets/1` };
      const placed = { ticket, version, link, placed: true };
      const { attributes } = rewrite(task.attributes, task.reservations, [placed], {
        namedTickets,
      });
      if (attributes !== undefined) write(attributes);
    },
    /** The latest event of this type. */
    event: (type: string): EmulatedEvent => {
      const found = events.findLast((event) => event.type === type);
      if (found === undefined) throw new Error(`${type} did not happen`);
      return found;
    },
  };
};

/** The same, once Ana has accepted the Task. */
export const setUpAcceptedTask = (attributes: object = {}) => {
  const own = setUpTask(attributes);
  return { ...own, reservation: own.accept('Ana') };
};

/** The same, once it has a ticket too. */
export const setUpLinkedTask = (attributes: object = {}) => {
  const own = setUpAcceptedTask(attributes);
  own.link('zendesk/1', '5');
  return own;
};
