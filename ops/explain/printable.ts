/** Control characters, and those that turn the direction of text: a terminal would obey them. */
const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Text of others, made safe for a terminal. */
export const printable = (text: string): string =>
  text.replaceAll(unprintable, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
