import * as z from 'zod';

/**
 * Characters a ticket's URL may hold: those of RFC 3986, so that a link is one line of plain ASCII
 * and the Task's size is the same whether Twilio counts characters or bytes of it.
 */
const urlCharacters = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/;

/**
 * The media item for a ticket: what Flex Insights shows beside the recording.
 * `Referenced` opens in a new tab, `Embedded` in a frame of the conversation screen.
 * Flex opens either without a check of its own, so only `https:` is let in.
 * Source: https://www.twilio.com/docs/flex/developer/insights/custom-media-attached-conversations
 */
export const Link = z.strictObject({
  type: z.enum(['Referenced', 'Embedded']),
  url: z
    .url({ protocol: /^https$/, error: 'must be an https URL' })
    .max(1024)
    .regex(urlCharacters, 'must be percent-encoded ASCII'),
  title: z.string().min(1).max(128).optional(),
});

export type Link = z.infer<typeof Link>;
