import * as z from 'zod';

/*
 * The media items of Flex Insights, from its documentation and the types of Flex UI. Other fields pass
 * through.
 * Source: https://www.twilio.com/docs/flex/developer/insights/custom-media-attached-conversations
 */
const page = { url: z.string(), url_secure: z.string().optional(), title: z.string().optional() };

/** A link that opens in a new tab; in first position it hides every other item of the list. */
const Raw = z.looseObject({ type: z.literal('Raw'), ...page });

/** A page shown in a frame of the conversation screen. */
const Embedded = z.looseObject({ type: z.literal('Embedded'), ...page });

/** A link shown on the conversation screen, opened in a new tab. */
const Referenced = z.looseObject({ type: z.literal('Referenced'), ...page });

/** A recording; only the first of a list is played. */
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
