import * as z from 'zod';
import { isObject, type Json } from '../../shared/json.ts';
import { shortHash } from '../../shared/media/ledger-entry.ts';
import type { TaskMedia } from '../../shared/media/task-media.ts';
import type { MediaView } from './explanation.ts';

/** A name that a media type may have. Another text may contain anything, so it is not shown. */
const typeName = /^[A-Za-z]{1,32}$/;

/**
 * Creates the function that turns an item of a Task's media lists into its view.
 * @param all whether to show items of other writers completely; titles and URLs may hold PHI
 */
export function createMediaView({ managed, urls }: TaskMedia, all: boolean) {
  const ticketsOf = (url: string): string[] => {
    const linked = [...managed.tickets].filter(([, { urlHash }]) => urlHash === shortHash(url));
    const exact = linked.filter(([, { link }]) => link?.url === url);
    return (exact.length > 0 ? exact : linked).map(([ticket]) => ticket);
  };
  return (item: Json): MediaView => {
    const url = isObject(item) ? item['url'] : undefined;
    const tickets = typeof url === 'string' && urls.has(url) ? ticketsOf(url) : [];
    const shown = all ? { item } : tickets.length > 0 ? { item: managedFields(item) } : {};
    return { type: typeOf(item), tickets, ...hostOf(item), ...shown };
  };
}

function typeOf(item: Json): string {
  const type = isObject(item) ? item['type'] : undefined;
  return typeof type === 'string' && typeName.test(type) ? type : 'unknown type';
}

function hostOf(item: Json): { host?: string } {
  const url = isObject(item) ? (item['url'] ?? item['url_provider']) : undefined;
  return typeof url === 'string' && URL.canParse(url) ? { host: new URL(url).host } : {};
}

/** The fields that sync writes to a link. Another writer added any other field. */
function managedFields(item: Json): Json {
  if (!isObject(item)) return item;
  const { type, url, title } = item;
  return {
    ...(typeof type === 'string' && { type }),
    ...(typeof url === 'string' && { url }),
    ...(typeof title === 'string' && { title }),
  };
}

/*
 * The media items of Flex Insights, from its documentation and the types of Flex UI. Other fields pass
 * through.
 * Source: https://www.twilio.com/docs/flex/developer/insights/custom-media-attached-conversations
 */
const page = { url: z.string(), url_secure: z.string().optional(), title: z.string().optional() };

/** A link that opens in a new tab. If it is the first item, it hides all others of the list. */
const Raw = z.looseObject({ type: z.literal('Raw'), ...page });

/** A page shown in a frame of the conversation screen. */
const Embedded = z.looseObject({ type: z.literal('Embedded'), ...page });

/** A link shown on the conversation screen, opened in a new tab. */
const Referenced = z.looseObject({ type: z.literal('Referenced'), ...page });

/** A recording. Only the first one of a list is played. */
const VoiceRecording = z
  .looseObject({
    type: z.literal('VoiceRecording'),
    url: z.string().optional(),
    /** Returns the URL of the recording, to requests with a Flex token. */
    url_provider: z.string().optional(),
    recording_sid: z.string().optional(),
    /** Milliseconds since 1970. */
    start_time: z.number().optional(),
    channels: z.array(z.string()).optional(),
    title: z.string().optional(),
  })
  .refine((item) => item.url !== undefined || item.url_provider !== undefined, {
    path: ['url'],
    message: 'a VoiceRecording needs url or url_provider',
  });

const ChatTranscript = z.looseObject({
  type: z.literal('ChatTranscript'),
  sid: z.string(),
  title: z.string().optional(),
});

const EmailTranscript = z.looseObject({
  type: z.literal('EmailTranscript'),
  conversation_sid: z.string(),
  title: z.string().optional(),
});

/** Types that Twilio may add later, and items without a type, which Interactions writes. */
const Unknown = z.looseObject({ type: z.string().optional(), title: z.string().optional() });

/** One item of a media list, for reading only. */
export const MediaItem = z.preprocess(
  withTitle,
  z.union([Raw, Embedded, Referenced, VoiceRecording, ChatTranscript, EmailTranscript, Unknown]),
);

export type MediaItem = z.infer<typeof MediaItem>;

/** Twilio's example of custom media spells the title `Title`. */
function withTitle(item: unknown): unknown {
  if (typeof item !== 'object' || item === null || !('Title' in item) || 'title' in item) {
    return item;
  }
  const { Title: title, ...rest } = item;
  return { ...rest, title };
}
