import { isArray, isObject, type Json, type JsonObject, parseJson } from '../json.ts';

/** The attributes have a form that we must not write to. The message quotes nothing of them. */
export class UnreadableAttributes extends Error {
  override readonly name = 'UnreadableAttributes';
}

/** The media lists of a Task's attributes. An empty list counts as no list. */
export interface MediaLists {
  /** The list of `conversations`. Segments without a list of their own show it. */
  readonly taskList: readonly Json[] | undefined;
  /** The lists of single reservations, by their SIDs. */
  readonly byReservation: ReadonlyMap<string, readonly Json[]>;
  /** The items that Insights shows by itself if there is no media list. */
  readonly defaults: readonly Json[];
}

/**
 * Parses `attributes`. PHP writes `[]` for an object without members. So an empty list counts as an empty object,
 * here and at every place of a media object.
 * @throws UnreadableAttributes if the text is not a JSON object
 */
export function parseAttributes(text: string): JsonObject {
  let attributes: Json;
  try {
    attributes = parseJson(text);
  } catch {
    throw new UnreadableAttributes('the attributes are not JSON');
  }
  if (!isObject(attributes) && !isEmptyList(attributes)) {
    throw new UnreadableAttributes('the attributes are not a JSON object');
  }
  return isObject(attributes) ? attributes : {};
}

/** The media lists in attributes. */
export function mediaLists(attributes: JsonObject): MediaLists {
  const blocks = attributes['reservation_attributes'];
  return {
    taskList: mediaList(attributes['conversations']) ?? mediaObject(attributes['conversations']),
    byReservation: new Map(
      Object.entries(isObject(blocks) ? blocks : {}).flatMap(([sid, block]) => {
        const list = mediaList(block);
        return list === undefined ? [] : [[sid, list]];
      }),
    ),
    defaults: defaultMedia(attributes),
  };
}

/** The items that a segment shows: its own media. If it has none, the Task's. If there are none, the defaults. */
export function effectiveMedia(lists: MediaLists, reservationSid: string): readonly Json[] {
  return lists.byReservation.get(reservationSid) ?? lists.taskList ?? lists.defaults;
}

/** The media list of `conversations` or of a reservation's block. An empty list counts as no list. */
export function mediaList(holder: Json | undefined): readonly Json[] | undefined {
  const media = isObject(holder) ? holder['media'] : undefined;
  return isArray(media) && media.length > 0 ? media : undefined;
}

/**
 * Checks that the places of our lists are empty or objects, because a value of another writer must not be
 * overwritten.
 * @param targets the reservations that get a list. `taskLevel`: the Task gets one
 * @throws UnreadableAttributes
 */
export function checkRoom(
  attributes: JsonObject,
  targets: readonly string[],
  taskLevel: boolean,
): void {
  if (taskLevel) checkHolder(attributes['conversations'], 'conversations');
  const name = 'reservation_attributes';
  const blocks = attributes[name];
  if (!isFree(blocks)) throw new UnreadableAttributes(`${name} is not an object`);
  for (const sid of targets) {
    checkHolder(isObject(blocks) ? blocks[sid] : undefined, `${name}.${sid}`);
  }
}

/** Whether our links can be written to the list of `conversations`. */
export function canHoldTaskList(attributes: JsonObject): boolean {
  const conversations = attributes['conversations'];
  return isFree(conversations) && (!isObject(conversations) || isListOrNone(conversations));
}

function checkHolder(holder: Json | undefined, name: string): void {
  if (!isFree(holder)) throw new UnreadableAttributes(`${name} is not an object`);
  if (isObject(holder) && !isListOrNone(holder)) {
    throw new UnreadableAttributes(`${name}.media is not a list`);
  }
}

/** Whether a place has an object, or no value that could be lost. */
function isFree(value: Json | undefined): boolean {
  return value === undefined || value === null || isObject(value) || isEmptyList(value);
}

function isListOrNone({ media }: JsonObject): boolean {
  return media === undefined || media === null || isArray(media);
}

function isEmptyList(value: Json): boolean {
  return isArray(value) && value.length === 0;
}

/** The items of a `media` that is an object: a single item, or items under any keys, as PHP writes a list. */
function mediaObject(holder: Json | undefined): readonly Json[] | undefined {
  const media = isObject(holder) ? holder['media'] : undefined;
  if (!isObject(media)) return undefined;
  const items = typeof media['type'] === 'string' ? [media] : Object.values(media).filter(isObject);
  return items.length > 0 ? items : undefined;
}

/**
 * The call's recording, and the transcript of the chat or e-mail. Any media list hides them, so a list must name
 * them if it should keep them.
 * Sources: https://www.twilio.com/docs/flex/developer/insights/custom-media-attached-conversations, and for
 * the form of an e-mail's transcript the types of Flex UI 2.17.1
 */
function defaultMedia(attributes: JsonObject): readonly Json[] {
  const conversations = attributes['conversations'];
  const recording = isObject(conversations) ? text(conversations['segment_link']) : undefined;
  const chat = text(attributes['conversationSid']) ?? text(attributes['channelSid']);
  const isEmail = attributes['channelType'] === 'email';
  return [
    ...(recording === undefined ? [] : [{ type: 'VoiceRecording', url: recording }]),
    ...(chat === undefined ? [] : [transcript(chat, isEmail)]),
  ];
}

function transcript(sid: string, isEmail: boolean): Json {
  return isEmail
    ? { type: 'EmailTranscript', conversation_sid: sid }
    : { type: 'ChatTranscript', sid };
}

/**
 * The kind of default that an item shows, if it has the exact form of a default. A segment shows one of each kind.
 */
export function defaultKind(item: Json): 'recording' | 'transcript' | undefined {
  if (!isObject(item) || Object.keys(item).length !== 2) return undefined;
  const { type, url, sid, conversation_sid: email } = item;
  if (type === 'VoiceRecording' && typeof url === 'string') return 'recording';
  const isTranscript =
    (type === 'ChatTranscript' && typeof sid === 'string') ||
    (type === 'EmailTranscript' && typeof email === 'string');
  return isTranscript ? 'transcript' : undefined;
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
