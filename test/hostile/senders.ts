import { toCallbackForm, toCloudEvent } from '../../local/taskrouter/events/payloads.ts';
import { seededRandom } from '../../local/taskrouter/settings.ts';
import { secretProblem } from '../../shared/crm/source.ts';
import type { Sender } from '../../tools/hostile/requests.ts';
import { crmSender, twilioSenders } from '../../tools/hostile/senders.ts';
import { httpSources, signedEvent } from '../crm/contract/sources.ts';
import {
  account,
  authToken,
  setUpAcceptedTask,
  signedEvent as twilioEvent,
  url,
} from '../task-event/webhook.ts';

/** The same ones each time: a request depends on its seed and index alone. */
const secretForms = [
  '0123456789abcdef'.repeat(4),
  `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
];

export const crmSecrets = new Map(
  httpSources.map(({ kind, source }) => {
    const secret = secretForms.find((form) => secretProblem(source, form) === undefined);
    if (secret === undefined) throw new Error(`${kind} takes no secret of these forms`);
    return [kind, secret] as const;
  }),
);

const { events, writeOther } = setUpAcceptedTask({
  zd_ticket_id: '17',
  call_sid: `CA${'b'.repeat(32)}`,
});
writeOther({ note: 1 });

/** The SIDs are drawn: each is replaced by one that depends on its place alone. */
const sids: string[] = [account.accountSid, account.workspaceSid];

function withStableSids<Body>(body: Body): Body {
  const text = JSON.stringify(body).replaceAll(
    /\b([A-Z]{2})([0-9a-f]{32})\b/g,
    (sid, prefix, id) => {
      if (sids.slice(0, 2).includes(sid)) return sid;
      if (!sids.includes(id)) sids.push(id);
      return prefix + String(sids.indexOf(id)).padStart(32, '0');
    },
  );
  return JSON.parse(text);
}

/** Every CRM that sends webhooks, and Twilio in both of its ways. */
export const senders: readonly Sender[] = [
  ...httpSources.map((httpCase) => {
    const secret = crmSecrets.get(httpCase.kind) ?? '';
    const sign = (crm: typeof httpCase.crm, body: Buffer, at: number) =>
      signedEvent({ ...httpCase, crm }, body, secret, at);
    return crmSender({ ...httpCase, secret, sign }, seededRandom);
  }),
  ...twilioSenders(
    {
      url,
      authToken,
      forms: events.map(toCallbackForm).map(withStableSids),
      streams: [...events.map((event) => [event]), events].map((of) =>
        Buffer.from(JSON.stringify(withStableSids(of.map(toCloudEvent)))),
      ),
      toEvent: ({ body, ...request }) =>
        twilioEvent(
          { ...request, body: '' },
          { body: body.toString('base64'), isBase64Encoded: true },
        ),
    },
    seededRandom,
  ),
];
