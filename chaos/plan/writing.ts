import { isObject, type JsonObject } from '../../shared/media/json.ts';
import type { Random } from '../random.ts';

/** What Flex or a plugin writes into a Task's attributes. */
export interface Writing {
  readonly what: 'note' | 'recording' | 'chat' | 'list' | 'end';
  readonly n: number;
}

/** So many attributes that few writes are covered up by later ones, and they all fit. */
const notes = 12;

const kinds: readonly Writing['what'][] = ['note', 'note', 'note', 'recording', 'chat', 'list'];

export const drawWriting = (random: Random): Writing => ({
  what: random.oneOf(kinds),
  n: random.between(1, 99),
});

const withConversations = (attributes: JsonObject, fields: JsonObject): JsonObject => {
  const { conversations } = attributes;
  return {
    ...attributes,
    conversations: { ...(isObject(conversations) ? conversations : {}), ...fields },
  };
};

/** The attributes as their writer leaves them, who knows nothing of us. */
export const written = (attributes: JsonObject, { what, n }: Writing): JsonObject => {
  switch (what) {
    case 'note':
      return { ...attributes, [`note_${n % notes}`]: n };
    case 'end':
      return { ...attributes, ended: n };
    case 'recording':
      return withConversations(attributes, { segment_link: `https://recordings.example/RE${n}` });
    case 'chat':
      return { ...attributes, conversationSid: `CH${String(n).padStart(32, '0')}` };
    case 'list':
      return withConversations(attributes, {
        media: [{ type: 'VoiceRecording', url: `https://recordings.example/dual/${n}` }],
      });
  }
};
