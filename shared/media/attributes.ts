import { isArray, isObject, type Json, type JsonObject, parseJson } from '../json.ts';
import { emptyLedger, type Ledger, ledgerAttribute, parseLedger } from './ledger.ts';

/** The media list of `conversations` or of a reservation's block; an empty list is no list. */
export function mediaList(holder: Json | undefined): readonly Json[] | undefined {
  const media = isObject(holder) ? holder['media'] : undefined;
  return isArray(media) && media.length > 0 ? media : undefined;
}

/** The media lists of single reservations, by their SIDs. */
export function reservationLists(attributes: JsonObject): Map<string, readonly Json[]> {
  const blocks = attributes['reservation_attributes'];
  return new Map(
    Object.entries(isObject(blocks) ? blocks : {}).flatMap(([sid, block]) => {
      const list = mediaList(block);
      return list === undefined ? [] : [[sid, list]];
    }),
  );
}

/**
 * What Insights shows of its own accord while nobody lists any media: the call's recording and the
 * chat's transcript. A list of any kind hides them, so who writes one must name them.
 * https://www.twilio.com/docs/flex/developer/insights/custom-media-attached-conversations
 */
export function defaultMedia(attributes: JsonObject): readonly Json[] {
  const conversations = attributes['conversations'];
  const recording = isObject(conversations) ? text(conversations['segment_link']) : undefined;
  const chat = text(attributes['conversationSid']) ?? text(attributes['channelSid']);
  return [
    ...(recording === undefined ? [] : [{ type: 'VoiceRecording', url: recording }]),
    ...(chat === undefined ? [] : [{ type: 'ChatTranscript', sid: chat }]),
  ];
}

/** What a segment shows: its own media, else the Task's, else the defaults. */
export function effectiveMedia(attributes: JsonObject, reservationSid: string): readonly Json[] {
  return (
    reservationLists(attributes).get(reservationSid) ??
    mediaList(attributes['conversations']) ??
    defaultMedia(attributes)
  );
}

/** The attributes are not ours to write to. The message holds nothing of what stands there. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** @throws Unreadable */
export function readAttributes(text: string): JsonObject {
  let attributes: ReturnType<typeof parseJson>;
  try {
    attributes = parseJson(text);
  } catch {
    throw new Unreadable('the attributes are not JSON');
  }
  if (!isObject(attributes)) throw new Unreadable('the attributes are not a JSON object');
  return attributes;
}

/**
 * The ledger in a Task's attributes, empty where there is none.
 * @throws Unreadable
 */
export function readLedger(attributes: JsonObject): Ledger {
  const text = attributes[ledgerAttribute];
  if (text === undefined) return emptyLedger;
  if (typeof text !== 'string') throw new Unreadable(`${ledgerAttribute} is not a string`);
  try {
    return parseLedger(text);
  } catch (cause) {
    throw new Unreadable((cause as Error).message, { cause });
  }
}

/**
 * Checks that where our lists go is free, or an object: what others put there is never overwritten.
 * @throws Unreadable
 */
export function checkRoom(attributes: JsonObject, targets: readonly string[]): void {
  const blocks = attributes['reservation_attributes'] ?? {};
  if (!isObject(blocks)) throw new Unreadable('reservation_attributes is not an object');
  for (const sid of targets) {
    const block = blocks[sid] ?? {};
    if (!isObject(block)) throw new Unreadable(`reservation_attributes.${sid} is not an object`);
    if (!Array.isArray(block['media'] ?? [])) {
      throw new Unreadable(`reservation_attributes.${sid}.media is not a list`);
    }
  }
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
