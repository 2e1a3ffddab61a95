import { allowedHosts } from '../../shared/crm/link-settings.ts';
import { ReconcileMessage, TicketChangeMessage } from '../../shared/messages/message.ts';
import { hostileRequests } from '../../tools/hostile/requests.ts';
import type { Checked } from '../../tools/hostile/run.ts';
import { httpSources } from '../crm/contract/sources.ts';
import { json, now, setUpWebhook as setUpCrmWebhook } from '../crm-change/webhook.ts';
import { setUpWebhook as setUpTaskWebhook } from '../task-event/webhook.ts';
import { crmSecrets, senders } from './senders.ts';

const taskEventsPath = '/twilio/task-events';

const configs = new Map(
  httpSources.map(({ kind, config }) => [kind, { ...config, titleFromCrm: true }]),
);

const own = {
  crm: setUpCrmWebhook({
    sources: Object.fromEntries(configs),
    secrets: Object.fromEntries(
      [...crmSecrets].map(([kind, secret]) => [`${kind}-secret`, secret]),
    ),
  }),
  twilio: setUpTaskWebhook(),
};

/** The request of a seed and an index. */
export const hostileRequest = hostileRequests(senders, now);

const objectKeys = Reflect.ownKeys(Object.prototype).length;

/** Longer ones would repeat what the request holds. */
const maxResponseLength = 4000;

/** Sends a hostile request to its webhook, over a queue that takes everything. @returns what is wrong, in words */
export async function checkRequest(seed: number, index: number): Promise<Checked> {
  const { event, mayBeGenuine, times, sender } = hostileRequest(seed, index);
  const statuses: number[] = [];
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(`${sender.name}: ${problem}`);
  };
  for (let time = 0; time < times; time += 1) {
    for (const { sent, reports } of [own.crm, own.twilio]) {
      sent.length = 0;
      reports.length = 0;
    }
    const { method } = event.requestContext.http;
    const isTaskEvent = event.rawPath === taskEventsPath && method === 'POST';
    const { sent, reports } = isTaskEvent ? own.twilio : own.crm;
    const handler = isTaskEvent ? own.twilio.taskEvent : own.crm.crmChange;
    const { statusCode = 0, body = '' } = await handler(event);
    statuses.push(statusCode);
    expect(statusCode >= 200 && statusCode < 500, `status ${statusCode}`);
    expect(statusCode === statuses[0], `${statuses[0]}, sent again ${statusCode}`);
    expect(body.length < maxResponseLength, `a response of ${body.length} characters`);
    if (body.startsWith('{')) expect(json(body)['requestId'] === 'request-1', 'no request id');
    const [report] = reports;
    const isProbe = statusCode === 200 && method !== 'POST';
    expect(isProbe ? reports.length === 0 : reports.length === 1, `${reports.length} log entries`);
    expect(isProbe || report?.status === statusCode, `status ${report?.status} in the log`);
    expect(report?.outcome !== 'accepted' || sent.length > 0, 'accepted, and nothing on the queue');
    if (!mayBeGenuine) {
      expect(sent.length === 0, `${sent.length} messages of a request that nobody signed`);
      expect(statusCode >= 400 || isProbe, `status ${statusCode} for a request that nobody signed`);
    }
    for (const { MessageBody = '' } of sent) {
      const schema = isTaskEvent ? ReconcileMessage : TicketChangeMessage;
      const message = schema.safeParse(json(MessageBody));
      expect(message.success, `a message that the sync cannot read: ${message.error?.message}`);
      const link = Object(Object(message.data).change).link ?? undefined;
      if (link === undefined) continue;
      const config = configs.get(sender.name);
      const hosts = config === undefined ? [] : allowedHosts(config);
      expect(hosts.includes(new URL(link.url).hostname), `a link to ${link.url}`);
      expect(!/[\p{Cc}\ufffe\uffff]/u.test(`${link.url}${link.title}`), 'control characters');
    }
  }
  expect(Reflect.ownKeys(Object.prototype).length === objectKeys, 'a polluted prototype');
  return { statuses, problems };
}
