import { describe, expect, it } from 'vitest';
import type { Json } from '../../shared/json.ts';
import {
  canHoldTaskList,
  checkRoom,
  defaultKind,
  mediaLists,
  parseAttributes,
} from '../../shared/media/attributes.ts';

const recording = { type: 'VoiceRecording', url: 'https://foreign.example/recording' };
const chat = { type: 'ChatTranscript', sid: 'CH1' };

const notDefaults: Json[] = [
  ...[null, 'ChatTranscript', ['type', 'sid'], { ...recording, title: 'x' }, { ...chat, url: 'x' }],
  ...['VoiceRecording', 'ChatTranscript', 'EmailTranscript'].map((type) => ({ type, text: 'x' })),
  ...[
    { ...recording, url: 7 },
    { ...chat, sid: 7 },
  ],
  ...['url', 'sid', 'conversation_sid'].map((key) => ({ type: 'Referenced', [key]: 'CH1' })),
];

it.each<[item: Json, kind: string | undefined]>([
  [recording, 'recording'],
  [chat, 'transcript'],
  [{ type: 'EmailTranscript', conversation_sid: 'CH1' }, 'transcript'],
  ...notDefaults.map((item): [Json, undefined] => [item, undefined]),
])('an item shows a default only in its exact form: %j', (item, kind) => {
  expect(defaultKind(item)).toBe(kind);
});

it.each([
  ['no media', {}, undefined, []],
  ['no list', { conversations: { media: [] } }, undefined, []],
  ['items among other values', { conversations: { media: { a: 7, b: chat } } }, [chat], []],
  ['no items', { conversations: { media: { a: 7 } } }, undefined, []],
  ['empty ids', { conversations: { segment_link: '' }, conversationSid: '' }, undefined, []],
  ['no text for an id', { conversationSid: 7, channelSid: 'CH1' }, undefined, [chat]],
])('attributes may hold %s', (_, attributes, taskList, defaults) => {
  expect(mediaLists(attributes)).toMatchObject({ taskList, defaults });
});

describe('the room for our lists', () => {
  const block = (WR1: unknown) => ({ reservation_attributes: { WR1 } });
  const attributesOf = (value: object) => parseAttributes(JSON.stringify(value));
  const check = (attributes: object, targets: string[], taskLevel: boolean) =>
    checkRoom(attributesOf(attributes), targets, taskLevel);

  it.each([
    [{ conversations: 'x' }, 'conversations is not an object'],
    [{ conversations: { media: 'x' } }, 'conversations.media is not a list'],
    [{ reservation_attributes: 7 }, 'reservation_attributes is not an object'],
    [block(7), 'reservation_attributes.WR1 is not an object'],
    [block({ media: {} }), 'reservation_attributes.WR1.media is not a list'],
  ])('is not in %j', (attributes, problem) => {
    expect(() => check(attributes, ['WR1'], true)).toThrow(
      expect.objectContaining({ name: 'UnreadableAttributes', message: problem }),
    );
    if ('conversations' in attributes) {
      expect(canHoldTaskList(attributesOf(attributes))).toBe(false);
      check(attributes, ['WR1'], false);
    } else if (typeof attributes.reservation_attributes === 'object') {
      check(attributes, [], true);
    }
  });

  it.each([undefined, null, [], {}, { media: null }, { media: [] }])('is in %j', (holder) => {
    check({ conversations: holder, ...block(holder) }, ['WR1'], true);
    check({ reservation_attributes: null }, ['WR1'], true);
    expect(canHoldTaskList(attributesOf({ conversations: holder }))).toBe(true);
  });
});
