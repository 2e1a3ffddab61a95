import pc from 'picocolors';
import { MediaItem } from '../../ops/explain/media-view.ts';
import { isObject, parseJson } from '../../shared/json.ts';
import { effectiveMedia, mediaLists } from '../../shared/media/attributes.ts';
import type { Segment } from './flex.ts';

export function print(text = ''): void {
  void process.stdout.write(`${text}\n`);
}

export function printHeading(text: string): void {
  print(`\n${pc.bold(pc.green('▌'))} ${pc.bold(text)}`);
}

export function printNote(text: string): void {
  print(pc.dim(`  ${text}`));
}

/** A conversation as a supervisor sees it: a line for each segment, with its media. */
export function renderConversation(
  name: string,
  text: string,
  segments: readonly Segment[],
): string {
  const attributes = parseJson(text);
  const lines = segments.map(({ worker, sid }) => {
    const media = isObject(attributes) ? effectiveMedia(mediaLists(attributes), sid) : [];
    return `    ${worker.padEnd(6)}${media.length === 0 ? pc.dim('nothing') : media.map(renderMediaItem).join('   ')}`;
  });
  return [`  ${pc.bold(name)}`, ...lines].join('\n');
}

function renderMediaItem(item: unknown): string {
  const { type, title, url } = MediaItem.parse(item);
  if (type === 'VoiceRecording') return '▶ recording';
  if (type === 'ChatTranscript') return '≡ transcript';
  if (type === 'Referenced' || type === 'Embedded') {
    const host = typeof url === 'string' ? new URL(url).host : '';
    return `${pc.bold(pc.cyan(`↗ ${title}`))} ${pc.dim(host)}`;
  }
  return String(type);
}
