/** Control characters, and those that turn the direction of text: a terminal would obey them. */
const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Text of others, made safe for a terminal. */
export const escapeUnprintable = (text: string): string =>
  text.replaceAll(unprintable, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);

const unicodeEscape = (codeUnit: string): string => `\\u${codeUnit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** JSON for stdout, whose texts are safe for a terminal as well. */
export const printJson = (value: unknown): string =>
  `${JSON.stringify(value, undefined, 2).replaceAll(unprintable, (character) =>
    character === '\n' ? character : character.split('').map(unicodeEscape).join(''),
  )}\n`;
