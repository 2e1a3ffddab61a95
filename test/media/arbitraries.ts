import fc from 'fast-check';
import type { Json, JsonObject } from '../../shared/json.ts';
import { ledgerAttribute } from '../../shared/media/ledger.ts';
import type { KnownTicket } from '../../shared/messages/message.ts';
import type { Reservation } from '../../shared/messages/segments.ts';
import type { Link } from '../../shared/messages/ticket-change.ts';

/** Only links of ours point here in these tests, so that the tests recognise our links without the code under test. */
const ticketHost = 'https://tickets.example/';

export const segment = (n: number): string => `WR${n.toString(16).padStart(32, '0')}`;

export const reservations = (...statuses: Reservation['status'][]): Reservation[] =>
  statuses.map((status, index) => ({ sid: segment(index + 1), status }));

export const ticketChange = (
  ticket: string,
  version: number | string,
  link: Link | 'removed' = {
    type: 'Referenced',
    url: `${ticketHost}${ticket}`,
    title: `Ticket ${ticket}`,
  },
): KnownTicket => ({
  ticket: `crm/${ticket}`,
  version: String(version),
  link: link === 'removed' ? null : link,
  placed: link !== 'removed',
});

export const isManaged = (item: Json): boolean =>
  typeof item === 'object' &&
  item !== null &&
  'url' in item &&
  typeof item['url'] === 'string' &&
  item['url'].startsWith(ticketHost);

/** A change whose URL holds its version, long enough to reach the limit if asked. */
const arbitraryChange = (urlLength: number): fc.Arbitrary<KnownTicket> =>
  fc
    .record({
      ticket: fc.integer({ min: 1, max: 6 }),
      version: fc.integer({ min: 1, max: 9 }),
      kind: fc.constantFrom('link', 'link', 'link', 'other', 'untitled', 'removed'),
    })
    .map(({ ticket, version, kind }) => {
      const type = kind === 'other' ? 'Embedded' : 'Referenced';
      const url = `${ticketHost}${ticket}/v${version}/`.padEnd(urlLength, 'x');
      if (kind === 'removed') return ticketChange(String(ticket), version, 'removed');
      if (kind === 'untitled') return ticketChange(String(ticket), version, { type, url });
      return ticketChange(String(ticket), version, { type, url, title: `Ticket ${ticket}` });
    });

export const arbitraryChanges = (urlLength = 0, maxLength = 8): fc.Arbitrary<KnownTicket[]> =>
  fc.array(arbitraryChange(urlLength), { minLength: 1, maxLength });

/** Media items of other writers: what Flex knows, what it does not, and ids too long for a double. */
const arbitraryItem = (place: string): fc.Arbitrary<JsonObject> =>
  fc.integer({ min: 1, max: 4 }).chain((n) => {
    const url = (page: string) => `https://foreign.example/${place}/${page}/${n}`;
    const times = { start_time: 1574350320000 + n, channels: ['customer', 'others'] };
    return fc.constantFrom<JsonObject[]>(
      { type: 'VoiceRecording', url: url('recording'), ...times },
      { type: 'Referenced', url: url('page'), Title: 'As in the documentation' },
      { type: 'ChatTranscript', sid: `${place}-CH${n}` },
      { conversation_sid: `${place}-CH${n}` },
      { type: 'Hologram', place, depth: [n, { é: '✓' }] },
      { type: 'Raw', url: url('raw') },
    );
  });

const distinct = <Item>(item: fc.Arbitrary<Item>, minLength: number, maxLength = 3) =>
  fc.uniqueArray(item, { minLength, maxLength, selector: (value) => JSON.stringify(value) });

export const taskItems = (minLength = 1) => distinct(arbitraryItem('task'), minLength);
export const blockItems = (minLength = 1) => distinct(arbitraryItem('block'), minLength);

/** An object with some of these fields, or with none. */
const some = <Fields extends object>(
  fields: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> },
) => fc.record(fields, { requiredKeys: [] });

/** Attributes as other writers leave them: up to four reservations, some with a list of their own. */
export const arbitraryUnmanaged: fc.Arbitrary<JsonObject> = fc
  .record({
    attribute: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
    chat: some({ conversationSid: fc.constant('CHdefault') }),
    conversations: some({
      hang_up_by: fc.constant('customer'),
      segment_link: fc.constant('https://foreign.example/default/recording'),
      media: taskItems(),
    }),
    blocks: fc.array(some({ note: fc.constant('kept'), media: blockItems() }), { maxLength: 4 }),
  })
  .map(({ attribute, chat, conversations, blocks }) => {
    const isFilled = (fields: object) => Object.keys(fields).length > 0;
    const present = blocks
      .map((fields, index): [string, JsonObject] => [segment(index + 1), fields as JsonObject])
      .filter(([, fields]) => isFilled(fields));
    return {
      direction: 'inbound',
      attribute,
      ...(present.length > 0 ? { reservation_attributes: Object.fromEntries(present) } : {}),
      ...chat,
      ...(isFilled(conversations) ? { conversations: conversations as JsonObject } : {}),
    };
  });

export const arbitraryReservations: fc.Arbitrary<Reservation[]> = fc
  .array(fc.constantFrom('accepted', 'wrapping', 'completed', 'rejected', 'pending'), {
    minLength: 1,
    maxLength: 4,
  })
  .chain((statuses) => {
    const all = reservations(...statuses);
    return fc.shuffledSubarray(all, { minLength: all.length });
  });

const isRecord = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const mediaOf = (holder: Json | undefined): readonly Json[] => {
  const media = isRecord(holder) ? holder['media'] : undefined;
  return Array.isArray(media) ? media : [];
};

export const blockOf = (attributes: JsonObject, sid: string): Json | undefined => {
  const blocks = attributes['reservation_attributes'];
  return isRecord(blocks) ? blocks[sid] : undefined;
};

/** What a segment shows, written from Twilio's page rather than from the code under test. */
export const shownBy = (attributes: JsonObject, sid: string): readonly Json[] => {
  const own = mediaOf(blockOf(attributes, sid));
  if (own.length > 0) return own;
  const conversations = attributes['conversations'];
  const task = mediaOf(conversations);
  if (task.length > 0) return task;
  const link = isRecord(conversations) ? conversations['segment_link'] : undefined;
  const chat = attributes['conversationSid'];
  return [
    ...(link === undefined ? [] : [{ type: 'VoiceRecording', url: link }]),
    ...(chat === undefined ? [] : [{ type: 'ChatTranscript', sid: chat }]),
  ];
};

/** All attributes that are neither media nor ours. */
export const otherAttributes = (attributes: JsonObject): JsonObject => {
  const { conversations, reservation_attributes: _, [ledgerAttribute]: __, ...rest } = attributes;
  const { media: ___, ...conversation } = isRecord(conversations) ? conversations : {};
  return { ...rest, conversation };
};

/** The attributes without the fingerprint of what else they held at our last write. */
export const withoutFingerprint = (attributes: JsonObject): JsonObject => {
  const { [ledgerAttribute]: ledger, ...rest } = attributes;
  if (typeof ledger !== 'string') return attributes;
  return { ...rest, [ledgerAttribute]: ledger.replace(/ ~[\w-]{4}$/, '') };
};
