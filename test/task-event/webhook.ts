import type { SendMessageBatchCommand, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { TaskEventLog } from '../../lambdas/task-event/report.ts';
import { createTaskEventWebhook, type TaskEventOptions } from '../../lambdas/task-event/webhook.ts';
import type { TaskRouterEvent } from '../../local/taskrouter/events/event.ts';
import {
  callbackRequest,
  eventStreamsRequest,
  type SignedRequest,
} from '../../local/taskrouter/events/signed-request.ts';
import { TaskStore } from '../../local/taskrouter/tasks/store.ts';
import { newWorkspace } from '../../local/taskrouter/tasks/workspace.ts';
import { configureSources, Sources } from '../../shared/crm/config.ts';
import { rewrite } from '../../shared/media/rewrite.ts';
import { Message } from '../../shared/messages/message.ts';
import { sqsBatchResponse } from '../crm-change/webhook.ts';
import { taskFields, writeAttributes } from '../local/taskrouter/store-tasks.ts';

export const now = Date.parse('2026-11-23T10:00:00Z');
export const account = {
  accountSid: `AC${'a'.repeat(32)}`,
  workspaceSid: `WS${'c'.repeat(32)}`,
};
export const authToken = 'd'.repeat(32);
export const url = 'https://api.example.com/twilio/task-events';

const sources = {
  zendesk: {
    kind: 'zendesk',
    ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
    taskAttribute: 'zd_ticket_id',
    secret: 'zendesk-secret',
  },
  crm: {
    kind: 'salesforce',
    ticketUrl: 'https://acme.my.salesforce.com/{id}',
    taskAttribute: 'salesforce.caseId',
    partnerEventSource: 'aws.partner/salesforce.com/00D000000000001EAA/x',
  },
  desk: {
    kind: 'standard-webhooks',
    ticketUrl: 'https://desk.example.com/tickets/{id}',
    secret: 'desk-secret',
  },
};

/** The door for TaskRouter's events, over a queue that takes everything unless told otherwise. */
export const setUpWebhook = (options: Partial<TaskEventOptions> = {}) => {
  const sent: SendMessageBatchRequestEntry[] = [];
  const reports: TaskEventLog[] = [];
  const send = async (command: SendMessageBatchCommand) => {
    const entries = command.input.Entries ?? [];
    sent.push(...entries);
    return sqsBatchResponse(entries);
  };
  const taskEvent = createTaskEventWebhook({
    ...account,
    sources: configureSources(Sources.parse(sources)),
    authTokenSecret: 'auth-token',
    publicUrl: undefined,
    readSecret: async () => authToken,
    sqs: { send },
    queueUrl: 'https://sqs.example/changes',
    now: () => now,
    sleep: async () => {},
    writeBackoff: () => 0,
    random: () => 0.5,
    log: (report) => {
      reports.push(report);
    },
    ...options,
  });
  const messages = () => sent.map(({ MessageBody = '' }) => Message.parse(JSON.parse(MessageBody)));
  return { taskEvent, sent, messages, reports };
};

/** A signed request as API Gateway gives it. */
export const apiGatewayEvent = (
  { url: text, headers, body }: SignedRequest,
  change: Partial<APIGatewayProxyEventV2> = {},
): APIGatewayProxyEventV2 => {
  const { pathname, search, host } = new URL(text);
  return {
    version: '2.0',
    routeKey: 'POST /twilio/task-events',
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    requestContext: {
      accountId: '123456789012',
      apiId: 'api',
      domainName: host,
      domainPrefix: 'api',
      http: {
        method: 'POST',
        path: pathname,
        protocol: 'HTTP/1.1',
        sourceIp: '192.0.2.1',
        userAgent: 'TwilioProxy/1.1',
      },
      requestId: 'request-1',
      routeKey: 'POST /twilio/task-events',
      stage: '$default',
      time: '23/Nov/2026:10:00:00 +0000',
      timeEpoch: now,
    },
    body,
    isBase64Encoded: false,
    ...change,
  };
};

export const byCallback = (event: TaskRouterEvent): APIGatewayProxyEventV2 =>
  apiGatewayEvent(callbackRequest(event, url, authToken));
export const byStream = (...events: TaskRouterEvent[]): APIGatewayProxyEventV2 =>
  apiGatewayEvent(eventStreamsRequest(events, url, authToken));

/** A Workspace with one Task, and everything that TaskRouter tells of it. */
export const setUpTask = (attributes: object) => {
  const events: TaskRouterEvent[] = [];
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
      const { attributes } = rewrite(task.attributes, task.reservations, [
        { ticket, version, link },
      ]);
      if (attributes !== undefined) write(attributes);
    },
    /** The latest event of this type. */
    event: (type: string): TaskRouterEvent => {
      const found = events.findLast((event) => event.type === type);
      if (found === undefined) throw new Error(`${type} did not happen`);
      return found;
    },
  };
};
