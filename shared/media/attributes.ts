import { isArray, isObject, type Json, type JsonObject, parseJson } from '../json.ts';

/** The attributes are in no form that we may write to. The message quotes nothing of them. */
export class UnreadableAttributes extends Error {
  override readonly name = 'UnreadableAttributes';
}

/** The media lists of a Task's attributes. An empty list counts as no list. */
export interface MediaLists {
  /** The list of `conversations`, which segments without a list of their own show. */
  readonly taskList: readonly Json[] | undefined;
  /** The lists of single reservations, by their SIDs. */
  readonly byReservation: ReadonlyMap<string, readonly Json[]>;
  /** What Insights shows by itself as long as nobody lists any media. */
  readonly defaults: readonly Json[];
}

/** @throws UnreadableAttributes if the text is not a JSON object. */
export function parseAttributes(text: string): JsonObject {
  let attributes: Json;
  try {
    attributes = parseJson(text);
  } catch {
    throw new UnreadableAttributes('the attributes are not JSON');
  }
  if (!isObject(attributes)) {
    throw new UnreadableAttributes('the attributes are not a JSON object');
  }
  return attributes;
}

/** The media lists that attributes hold. */
export function mediaLists(attributes: JsonObject): MediaLists {
  const blocks = attributes['reservation_attributes'];
  return {
    taskList: mediaList(attributes['conversations']),
    byReservation: new Map(
      Object.entries(isObject(blocks) ? blocks : {}).flatMap(([sid, block]) => {
        const list = mediaList(block);
        return list === undefined ? [] : [[sid, list]];
      }),
    ),
    defaults: defaultMedia(attributes),
  };
}

/** What a segment shows: its own media, else the Task's, else the defaults. */
export function effectiveMedia(lists: MediaLists, reservationSid: string): readonly Json[] {
  return lists.byReservation.get(reservationSid) ?? lists.taskList ?? lists.defaults;
}

/** The media list of `conversations` or of a reservation's block; an empty list is no list. */
export function mediaList(holder: Json | undefined): readonly Json[] | undefined {
  const media = isObject(holder) ? holder['media'] : undefined;
  return isArray(media) && media.length > 0 ? media : undefined;
}

/**
 * Checks that the places of our lists are free or objects: what others put there is never overwritten.
 * @throws UnreadableAttributes
 */
export function checkRoom(attributes: JsonObject, targets: readonly string[]): void {
  const blocks = attributes['reservation_attributes'] ?? {};
  if (!isObject(blocks)) throw new UnreadableAttributes('reservation_attributes is not an object');
  for (const sid of targets) {
    const block = blocks[sid] ?? {};
    const name = `reservation_attributes.${sid}`;
    if (!isObject(block)) throw new UnreadableAttributes(`${name} is not an object`);
    if (!isArray(block['media'] ?? [])) {
      throw new UnreadableAttributes(`${name}.media is not a list`);
    }
  }
}

/**
 * The call's recording and the chat's transcript. A media list of any kind hides them, so a list that
 * should keep them has to name them.
 * Source: https://www.twilio.com/docs/flex/developer/insights/custom-media-attached-conversations
 */
function defaultMedia(attributes: JsonObject): readonly Json[] {
  const conversations = attributes['conversations'];
  const recording = isObject(conversations) ? text(conversations['segment_link']) : undefined;
  const chat = text(attributes['conversationSid']) ?? text(attributes['channelSid']);
  return [
    ...(recording === undefined ? [] : [{ type: 'VoiceRecording', url: recording }]),
    ...(chat === undefined ? [] : [{ type: 'ChatTranscript', sid: chat }]),
  ];
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
