import { isArray, isObject, type Json, type JsonObject } from './json.ts';

/** The media list of `conversations` or of a reservation's block; an empty list is no list. */
export const mediaList = (holder: Json | undefined): readonly Json[] | undefined => {
  const media = isObject(holder) ? holder['media'] : undefined;
  return isArray(media) && media.length > 0 ? media : undefined;
};

/** The media lists of single reservations, by their SIDs. */
export const reservationLists = (attributes: JsonObject): Map<string, readonly Json[]> => {
  const blocks = attributes['reservation_attributes'];
  return new Map(
    Object.entries(isObject(blocks) ? blocks : {}).flatMap(([sid, block]) => {
      const list = mediaList(block);
      return list === undefined ? [] : [[sid, list]];
    }),
  );
};

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/**
 * What Insights shows of its own accord while nobody lists any media: the call's recording and the
 * chat's transcript. A list of any kind hides them, so who writes one must name them.
 * https://www.twilio.com/docs/flex/developer/insights/custom-media-attached-conversations
 */
export const defaultMedia = (attributes: JsonObject): readonly Json[] => {
  const conversations = attributes['conversations'];
  const recording = isObject(conversations) ? text(conversations['segment_link']) : undefined;
  const chat = text(attributes['conversationSid']) ?? text(attributes['channelSid']);
  return [
    ...(recording === undefined ? [] : [{ type: 'VoiceRecording', url: recording }]),
    ...(chat === undefined ? [] : [{ type: 'ChatTranscript', sid: chat }]),
  ];
};

/** What a segment shows: its own media, else the Task's, else the defaults. */
export const effectiveMedia = (attributes: JsonObject, reservationSid: string): readonly Json[] =>
  reservationLists(attributes).get(reservationSid) ??
  mediaList(attributes['conversations']) ??
  defaultMedia(attributes);
