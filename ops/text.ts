/** Control characters, and characters that change the direction of text. A terminal interprets them. */
const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Makes text from outside safe for a terminal. */
export function escapeUnprintable(text: string): string {
  return text.replaceAll(
    unprintable,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** JSON for stdout. Its texts are also safe for a terminal. */
export function printJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2).replaceAll(unprintable, (character) =>
    character === '\n' ? character : character.split('').map(unicodeEscape).join(''),
  )}\n`;
}

/**
 * A time for people, to the second.
 * @param at milliseconds since 1970
 */
export function formatTime(at: number): string {
  return Number.isFinite(at) && Math.abs(at) < 8.64e15
    ? new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
    : 'unknown';
}

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/**
 * A duration for people, in its largest unit and the next smaller one.
 * @param ms milliseconds
 */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return '0 s';
  const parts: string[] = [];
  let rest = seconds;
  for (const [unit, size] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count} ${unit}`);
    rest -= count * size;
  }
  return parts.join(' ');
}

function unicodeEscape(codeUnit: string): string {
  return `\\u${codeUnit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Breaks text between words, so that no line is longer than a terminal of 80 columns. Indents all lines except the
 * first. A longer word gets its own line.
 * @param first the beginning of the first line, `indent` columns wide
 */
export function wrap(first: string, text: string, indent: number, width = 80): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((each, index) =>
    index === 0 ? `${first}${each}` : `${' '.repeat(indent)}${each}`,
  );
}
