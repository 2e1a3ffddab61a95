/** In UTF-16 units, as Twilio counts. */
const maxLength = 100;

/** Only the start of a longer title is read, because a body may have megabytes. */
const maxRead = 4096;

/**
 * A title of at most 100 characters on one line, without invisible characters. It is empty if no character is left.
 * Emoji stay complete, except that a flag of tag characters becomes a black flag. The title is never cut inside a
 * group of code points that a reader sees as one character.
 */
export function cleanTitle(title: string): string {
  const start = title.slice(0, maxRead);
  // The list of emoji takes 8 ms to compile, in each cold start. Most titles do not need it.
  const visible = /^[ -~]*$/.test(start) ? start : removeInvisible(start);
  const line = visible.replace(/\s+/g, ' ').trim();
  return line.length > maxLength ? cut(line).trimEnd() : line;
}

/**
 * The page of a ticket, from its template. The template has `{id}` after the host, so that no id can change the
 * host. Undefined if the template has another form, or the page is not on one of the hosts.
 */
export function ticketPage(
  template: string,
  id: string,
  hosts: readonly string[],
): string | undefined {
  if (!plainHost.test(template)) return undefined;
  const page = template.replace('{id}', encodeURIComponent(id.toWellFormed()));
  return isOnHosts(URL.parse(page), hosts) ? page : undefined;
}

/**
 * The URL in a text (relative to `base`, if given), if we may link to it and request it. It must be https, on the
 * default port of one of the hosts, without user name and password.
 */
export function allowedUrl(text: string, hosts: readonly string[], base?: URL): URL | undefined {
  const url = URL.parse(text, base?.href);
  return isOnHosts(url, hosts) && url.port === '' ? url : undefined;
}

/**
 * The start of a URL up to the first `/`, `?` or `#` after the host, so that `{id}` comes after the host. Up to
 * there, no character is allowed that a browser replaces or removes, such as a backslash, a tab, `%` or a letter
 * beyond ASCII.
 * Source: https://url.spec.whatwg.org/#authority-state
 */
const plainHost = /^https:\/\/[A-Za-z0-9.-]+(:[0-9]+)?[/?#]/;

function isOnHosts(url: URL | null, hosts: readonly string[]): url is URL {
  return (
    url?.protocol === 'https:' &&
    url.username === '' &&
    url.password === '' &&
    hosts.includes(url.hostname)
  );
}

function removeInvisible(text: string): string {
  return text
    .replace(tags, '')
    .replace(invisible, '$<visible>')
    .replace(blanks, ' ')
    .replace(marksAlone, '');
}

/**
 * Characters that are invisible, and can spell a hidden text. Source: https://www.unicode.org/charts/PDF/UE0000.pdf
 */
const tags = /[\u{e0000}-\u{e0fff}]/gu;

/**
 * Characters that show nothing: bidi controls and other formats, lone surrogates, code points of private
 * use or without a character (SQS rejects some of these), and what Unicode calls ignorable: zero-width
 * characters, soft hyphens, variation selectors, Hangul fillers. `visible` is what stays: the emoji of
 * Unicode's list with the joiners and selectors in them, and one joiner or non-joiner after a letter of a
 * script that is spelled with them, such as Persian and Sinhala.
 * Sources: https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point,
 * https://www.unicode.org/reports/tr51/#def_rgi_set and
 * https://www.unicode.org/reports/tr31/#Layout_and_Format_Control_Characters
 */
const invisible =
  /(?<visible>\p{RGI_Emoji}|(?<=[[\p{L}\p{M}]&&[\p{scx=Arab}\p{scx=Syrc}\p{scx=Deva}\p{scx=Beng}\p{scx=Guru}\p{scx=Gujr}\p{scx=Orya}\p{scx=Taml}\p{scx=Telu}\p{scx=Knda}\p{scx=Mlym}\p{scx=Sinh}]])[\u200c\u200d])|[[\p{C}\p{Default_Ignorable_Code_Point}]--\p{Cc}]/gv;

/** Controls, and symbols and letters that look blank: Braille, hieroglyphs, a musical note, a missing object. */
const blanks = /[\p{Cc}\u2800\ufffc\u{13441}\u{13442}\u{1d159}]/gu;

/** Combining marks without a letter before them: at the start, or after a space. */
const marksAlone = /(?<=^|\s)[\p{M}\u200c\u200d]+/gu;

/** The start of a text: as many complete characters as a title may have. */
function cut(text: string): string {
  let end = 0;
  for (const { index, segment } of new Intl.Segmenter().segment(text)) {
    if (index + segment.length > maxLength) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}
