import fc from 'fast-check';
import type { Json, JsonObject } from '../../shared/json.ts';
import { ledgerAttribute } from '../../shared/media/ledger.ts';
import type { Link } from '../../shared/messages/link.ts';
import type { KnownTicket } from '../../shared/messages/message.ts';
import type { Reservation } from '../../shared/messages/segments.ts';

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
  fc.oneof(
    fc.integer({ min: 1, max: 4 }).map((n) => ({
      type: 'VoiceRecording',
      url: `https://foreign.example/${place}/recording/${n}`,
      start_time: 1574350320000 + n,
      channels: ['customer', 'others'],
    })),
    fc.integer({ min: 1, max: 4 }).map((n) => ({
      type: 'Referenced',
      url: `https://foreign.example/${place}/page/${n}`,
      Title: 'As in the documentation',
    })),
    fc.integer({ min: 1, max: 4 }).map((n) => ({ type: 'ChatTranscript', sid: `${place}-CH${n}` })),
    fc.integer({ min: 1, max: 4 }).map((n) => ({ conversation_sid: `${place}-CH${n}` })),
    fc
      .integer({ min: 1, max: 4 })
      .map((n) => ({ type: 'Hologram', place, depth: [n, { é: '✓' }] })),
    fc
      .integer({ min: 1, max: 4 })
      .map((n) => ({ type: 'Raw', url: `https://foreign.example/${place}/raw/${n}` })),
  );

const distinct = <Item>(item: fc.Arbitrary<Item>, minLength: number, maxLength = 3) =>
  fc.uniqueArray(item, { minLength, maxLength, selector: (value) => JSON.stringify(value) });

export const taskItems = (minLength = 1) => distinct(arbitraryItem('task'), minLength);
export const blockItems = (minLength = 1) => distinct(arbitraryItem('block'), minLength);

const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

/** Attributes as other writers leave them: up to four reservations, some with a list of their own. */
export const arbitraryUnmanaged: fc.Arbitrary<JsonObject> = fc
  .record({
    attribute: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
    segmentLink: optional(fc.constant('https://foreign.example/default/recording')),
    conversationSid: optional(fc.constant('CHdefault')),
    taskMedia: optional(taskItems()),
    hangUpBy: optional(fc.constant('customer')),
    blocks: fc.array(
      optional(fc.record({ media: optional(blockItems()), note: optional(fc.constant('kept')) })),
      { maxLength: 4 },
    ),
  })
  .map(({ attribute, segmentLink, conversationSid, taskMedia, hangUpBy, blocks }) => {
    const conversations = {
      ...(hangUpBy === undefined ? {} : { hang_up_by: hangUpBy }),
      ...(segmentLink === undefined ? {} : { segment_link: segmentLink }),
      ...(taskMedia === undefined ? {} : { media: taskMedia }),
    };
    const present = blocks.flatMap((block, index): [string, JsonObject][] => {
      const { media, note } = block ?? {};
      const fields = {
        ...(note === undefined ? {} : { note }),
        ...(media === undefined ? {} : { media }),
      };
      return Object.keys(fields).length > 0 ? [[segment(index + 1), fields]] : [];
    });
    return {
      direction: 'inbound',
      attribute,
      ...(present.length > 0 ? { reservation_attributes: Object.fromEntries(present) } : {}),
      ...(conversationSid === undefined ? {} : { conversationSid }),
      ...(Object.keys(conversations).length > 0 ? { conversations } : {}),
    };
  });

export const arbitraryReservations: fc.Arbitrary<Reservation[]> = fc
  .array(
    fc.constantFrom<Reservation['status'][]>(
      'accepted',
      'wrapping',
      'completed',
      'rejected',
      'pending',
    ),
    { minLength: 1, maxLength: 4 },
  )
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
