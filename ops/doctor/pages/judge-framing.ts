import type { Link } from '../../../shared/media/link.ts';
import { bad, ok, unknown, type Verdict, warning } from '../finding.ts';
import type { PageError } from '../framing/fetch-page.ts';
import { allowsFraming, type PageResponse } from '../framing/framing.ts';

const allowIt =
  'Let https://flex.twilio.com frame the page in the CRM, or set linkType to Referenced (docs/link-type.md).';
const tryIt =
  "Try it in Flex, in a supervisor's browser; if it shows nothing, set linkType to Referenced (docs/link-type.md).";

/** Which `linkType` to configure, by the headers that a page gives to one who is not logged in. */
export function judgeFraming(answer: PageResponse | PageError, linkType: Link['type']): Verdict {
  const isFramed = !('doubt' in answer) && allowsFraming(answer);
  if (linkType === 'Referenced') {
    if (isFramed) {
      return ok('Referenced works; so does linkType Embedded: the page may be framed by Flex');
    }
    const reason = 'doubt' in answer ? answer.doubt : 'the page may not be framed by Flex';
    return ok(`Referenced is the linkType to configure: ${reason}`);
  }
  if ('doubt' in answer) {
    return unknown(`whether the page may be framed cannot be seen: ${answer.doubt}`, tryIt);
  }
  if (isFramed) return ok('Embedded works: the page may be framed by Flex');
  return answer.wasRedirected
    ? warning(
        'the page that strangers are sent to may not be framed; the ticket’s own is not seen',
        tryIt,
      )
    : bad('Embedded does not work: the page may not be framed by Flex', allowIt);
}
