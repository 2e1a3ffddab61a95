/** What a title may be long, in UTF-16 units, as Twilio counts. */
const maxLength = 100;

/**
 * Characters that have no business in a title: controls, line and paragraph separators, those that
 * turn the direction of writing (they can make a title show as another), and code points that are no
 * characters (SQS takes no message with U+FFFE or U+FFFF in it).
 */
const unwanted = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Noncharacter_Code_Point}]+/gu;

/** A title of at most 100 characters on one line; empty when nothing is left of it. */
export const cleanTitle = (title: string): string =>
  title
    .toWellFormed()
    .replace(unwanted, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, maxLength)
    // The cut may have gone through a surrogate pair.
    .replace(/[\ud800-\udbff]$/, '')
    .trimEnd();
