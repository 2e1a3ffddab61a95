import pc from 'picocolors';
import { effectiveMedia } from '../../shared/media/effective-media.ts';
import { isObject, parseJson } from '../../shared/media/json.ts';
import { MediaItem } from '../../shared/media/media-item.ts';
import type { Segment } from './flex.ts';

const show = (item: unknown): string => {
  const { type, title, url } = MediaItem.parse(item);
  if (type === 'VoiceRecording') return '▶ recording';
  if (type === 'ChatTranscript') return '≡ transcript';
  if (type === 'Referenced' || type === 'Embedded') {
    const host = typeof url === 'string' ? new URL(url).host : '';
    return `${pc.bold(pc.cyan(`↗ ${title}`))} ${pc.dim(host)}`;
  }
  return String(type);
};

/** A conversation as a supervisor sees it: a line for each segment, with what stands beside it. */
export const conversationView = (
  name: string,
  text: string,
  segments: readonly Segment[],
): string => {
  const attributes = parseJson(text);
  const lines = segments.map(({ worker, sid }) => {
    const media = isObject(attributes) ? effectiveMedia(attributes, sid) : [];
    return `    ${worker.padEnd(6)}${media.length === 0 ? pc.dim('nothing') : media.map(show).join('   ')}`;
  });
  return [`  ${pc.bold(name)}`, ...lines].join('\n');
};
