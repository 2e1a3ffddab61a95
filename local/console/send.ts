import type { ActionInput, SendAnswer } from '../../console/actions.ts';
import type { SourceView } from '../../console/parts.ts';
import { ActionError } from '../../console/server/server.ts';
import type { Crm, Payload } from '../../fixtures/crm.ts';
import { loadCrms, readPayload } from '../../fixtures/load.ts';
import { textAt } from '../../shared/json.ts';
import { attributesOrNull } from '../../shared/taskrouter/criteria.ts';
import { type CrmRequest, putEvents, sendRequest, signedWebhook } from '../demo/send-webhook.ts';
import type { LocalStackDescription, SourceDescription } from '../stack-description.ts';
import { newSid } from '../taskrouter/sids.ts';
import type { Conversations } from './conversations.ts';
import type { CrmTicket } from './stand-ins.ts';

/** The names of the CRMs on the page, by kind, in the order of the page. */
const labels: Readonly<Record<string, string>> = {
  zendesk: 'Zendesk',
  hubspot: 'HubSpot',
  salesforce: 'Salesforce',
  jira: 'Jira',
  servicenow: 'ServiceNow',
  dynamics: 'Dynamics',
  intercom: 'Intercom',
  'salesforce-outbound': 'Salesforce Outbound',
  'standard-webhooks': 'Your own',
};

/** How much older an event out of order is than the event that was sent before it. */
const lateMs = 60_000;

/** The CRMs of the stack: the events that can happen in each, and the payloads that it then sends. */
export async function createCrms(stack: LocalStackDescription, conversations: Conversations) {
  const standIns = await loadCrms();
  /** How many tickets each source has created. */
  const counts = new Map<string, number>();
  const latest = new Map<string, number>();
  const tickets = new Map<string, CrmTicket>();

  const find = (name: string): { source: SourceDescription; crm: Crm } => {
    const source = Object.hasOwn(stack.sources, name) ? stack.sources[name] : undefined;
    const crm = standIns.get(source?.kind ?? '');
    if (source === undefined || crm === undefined)
      throw new ActionError(`There is no CRM ${name}.`);
    return { source, crm };
  };

  /** The ticket of this source that the conversation names. If it names none, it gets a new ticket. */
  const ticketOf = (source: SourceDescription, name: string, crm: Crm, sid?: string): string => {
    const attributes = sid === undefined ? undefined : conversations.attributesOf(sid);
    const named = attributes && textAt(attributesOrNull(attributes), source.taskAttribute);
    if (named !== undefined) return named;
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    const ticket = nextId(crm.story.ticket, count);
    if (sid !== undefined) conversations.nameTicket(sid, source.taskAttribute, ticket);
    return ticket;
  };

  const requestOf = (source: SourceDescription, crm: Crm, body: Buffer, isForged: boolean) => {
    if (source.transport === 'event-bus') return putEvents(source, body.toString());
    if (crm.transport !== 'http') throw new Error(`${source.kind} does not send webhooks`);
    if (!isForged) return signedWebhook(source, crm, body);
    const secret = crm.newSecret();
    return signedWebhook({ secret, url: source.url.replace(source.secret, secret) }, crm, body);
  };

  return {
    sources: (): SourceView[] =>
      inOrder(Object.entries(stack.sources)).flatMap(([name, source]) => {
        const crm = standIns.get(source.kind);
        if (crm === undefined) return [];
        return {
          name,
          label: labels[source.kind] ?? source.kind,
          taskAttribute: source.taskAttribute,
          linkType: source.linkType,
          isSigned: source.transport === 'http',
          takesTitle: source.titleFromCrm,
          scenarios: scenariosOf(crm),
        };
      }),
    /** What the CRM sent last about this ticket. */
    ticket: (source: string, id: string): CrmTicket | undefined => tickets.get(`${source}/${id}`),
    /** Sends the payload of an event, as the CRM does. */
    send: async (input: ActionInput<'send'>): Promise<SendAnswer> => {
      const { source: name, conversation } = input;
      const { source, crm } = find(name);
      const payload = crm.payloads.find(({ file }) => file === input.file);
      if (payload === undefined) throw new ActionError(`${name} has no event ${input.file}.`);
      const id = ticketOf(source, name, crm, conversation);
      const key = `${name}/${id}`;
      const now = Date.now();
      const at = input.outOfOrder ? (latest.get(key) ?? now) - lateMs : now;
      latest.set(key, Math.max(at, latest.get(key) ?? 0));
      const original = readPayload(source.kind, payload.file).toString('latin1');
      const retimed = withTime(original, payload, at);
      const text = withSids(withTicket(retimed, payload, crm, id), conversation, conversations);
      const titled = input.title ? withTitle(text, input.title) : text;
      const request = requestOf(source, crm, Buffer.from(titled, 'latin1'), input.wrongSignature);
      const title = input.title || `Ticket ${id}`;
      tickets.set(key, { source: name, id, title, event: payload.description, at });
      const response = await sendRequest(request).catch((cause) => {
        throw new ActionError('The webhook endpoint is stopped: there was no response.', { cause });
      });
      if (input.twice) await sendRequest(request);
      const answer = await response.text();
      return { ticket: key, ...describeRequest(request), status: response.status, answer };
    },
  };
}

function inOrder(sources: [string, SourceDescription][]) {
  const place = (kind: string) => [...Object.keys(labels), kind].indexOf(kind);
  return sources.toSorted(([, one], [, other]) => place(one.kind) - place(other.kind));
}

function scenariosOf({ payloads, story }: Crm): SourceView['scenarios'] {
  const inStory = story.steps.map(({ file }) => file);
  const groupOf = ({ file, expected }: Payload) => {
    if (!expected.some(({ kind }) => kind === 'present' || kind === 'removed'))
      return 'ignored' as const;
    return inStory.includes(file) ? ('story' as const) : ('others' as const);
  };
  const order = ['story', 'others', 'ignored'];
  return payloads
    .map((payload) => ({
      file: payload.file,
      description: payload.description,
      group: groupOf(payload),
    }))
    .sort(
      (one, other) =>
        order.indexOf(one.group) - order.indexOf(other.group) ||
        inStory.indexOf(one.file) - inStory.indexOf(other.file),
    );
}

/**
 * The id of a later ticket. `count` is added to the longest run of digits. The number of characters stays the same.
 */
function nextId(id: string, count: number): string {
  const [digits = ''] = (id.match(/\d+/g) ?? []).toSorted(
    (one, other) => other.length - one.length,
  );
  const next = (BigInt(digits) + BigInt(count)) % 10n ** BigInt(digits.length);
  return id.replace(digits, String(next).padStart(digits.length, '0'));
}

/** The id of the ticket that a payload is about, from the changes that the payload is expected to cause. */
function idIn({ expected }: Payload, { story }: Crm): string {
  const ids = expected.flatMap((event) => ('id' in event ? [event.id] : []));
  return ids.includes(story.ticket) ? story.ticket : (ids[0] ?? story.ticket);
}

function withTicket(text: string, payload: Payload, crm: Crm, id: string): string {
  const own = idIn(payload, crm);
  return text.replaceAll(
    new RegExp(`(?<![0-9A-Za-z])${RegExp.escape(own)}(?![0-9A-Za-z])`, 'g'),
    id,
  );
}

/** A number that is further from the event's time is not a time. It may be an id. */
const nearMs = 30 * 86_400_000;

/** The units of the times in a payload that are numbers: how many of a unit make a millisecond. */
const numberUnits = [
  [/\b1[78]\d{17}\b/g, 1_000_000n, 1n],
  [/\b1[78]\d{11}\b/g, 1n, 1n],
  [/\b1[78]\d{8}\b/g, 1n, 1000n],
] as const;

/** A payload whose event happens at the given time. All its times move, and its counters are higher than before. */
function withTime(text: string, { expected }: Payload, at: number): string {
  const times = expected.flatMap((event) => ('occurredAt' in event ? [event.occurredAt] : []));
  if (times.length === 0) return text;
  const base = Math.max(...times);
  const shift = at - base;
  const isNear = (ms: number) => Math.abs(ms - base) < nearMs;
  const moved = text.replaceAll(
    /(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(\.\d+)?/g,
    (time, seconds: string, fraction = '') => {
      const ms = Date.parse(`${seconds.replace(' ', 'T')}Z`) + Number(fraction.slice(0, 4)) * 1000;
      if (!isNear(ms)) return time;
      const digits = new Date(ms + shift).toISOString().slice(20, 23) + fraction.slice(4);
      const start = new Date(ms + shift).toISOString().slice(0, 19);
      return `${start.replace('T', time.charAt(10))}${fraction && `.${digits.slice(0, fraction.length - 1)}`}`;
    },
  );
  const numbers = numberUnits.reduce(
    (result, [pattern, perMs, msPer]) =>
      result.replaceAll(pattern, (number) => {
        const ms = Number((BigInt(number) * msPer) / perMs);
        return isNear(ms) ? String(BigInt(number) + (BigInt(shift) * perMs) / msPer) : number;
      }),
    moved,
  );
  return numbers.replaceAll(/("(?:sys_mod_count|version)": "?)\d{1,4}\b/g, `$1${at}`);
}

/**
 * Replaces the SIDs in a payload by those of the conversation. Without a conversation, it uses SIDs that no
 * conversation has.
 */
function withSids(text: string, conversation: string | undefined, conversations: Conversations) {
  const own = conversation === undefined ? undefined : conversations.sidsOf(conversation);
  // A chat has no call SID. Its tickets name the Conversation instead.
  const isChat = own !== undefined && own.CA === undefined;
  const named = isChat ? text.replaceAll('"callSid"', '"conversationSid"') : text;
  return named.replaceAll(/\b(CA|CH|WT)[0-9a-f]{32}\b/g, (_, prefix: 'CA' | 'CH' | 'WT') => {
    const sid = isChat && prefix === 'CA' ? own.CH : own?.[prefix];
    return sid ?? newSid(prefix);
  });
}

function withTitle(text: string, title: string): string {
  const json = JSON.stringify(title);
  return text.replace(/("title": )"[^"]*"/, (_, key: string) => key + toLatin1(json));
}

/** Payloads are kept as texts in which each character is one byte. */
function toLatin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function describeRequest({ url, headers, body }: CrmRequest): { request: string; curl: string } {
  const text = body.toString();
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const options = lines.map((line) => `-H ${shellQuoted(line)}`);
  return {
    request: [`POST ${url}`, ...lines, '', text].join('\n'),
    curl: ['curl', shellQuoted(url), ...options, `--data-binary ${shellQuoted(text)}`].join(
      ' \\\n  ',
    ),
  };
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
