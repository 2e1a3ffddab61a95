import type { Link } from '../../../shared/media/link.ts';
import { failed, ok, unknown, type CheckResult, warning } from '../finding.ts';
import type { PageError } from '../framing/fetch-page.ts';
import { allowsFraming, type PageResponse } from '../framing/framing.ts';

const allowFramingHint =
  'Let https://flex.twilio.com frame the page in the CRM, or set linkType to Referenced (docs/link-type.md).';
const manualFramingCheck =
  "Try it in Flex, in a supervisor's browser; if it shows nothing, set linkType to Referenced (docs/link-type.md).";

/** Which `linkType` to configure, by the headers that a page gives to one who is not logged in. */
export function evaluateFraming(fetched: PageResponse | PageError, linkType: Link['type']): CheckResult {
  const isFrameable = !('doubt' in fetched) && allowsFraming(fetched);
  if (linkType === 'Referenced') {
    if (isFrameable) {
      return ok('Referenced works; so does linkType Embedded: the page may be framed by Flex');
    }
    const reason = 'doubt' in fetched ? fetched.doubt : 'the page may not be framed by Flex';
    return ok(`Referenced is the linkType to configure: ${reason}`);
  }
  if ('doubt' in fetched) {
    return unknown(`whether the page may be framed cannot be seen: ${fetched.doubt}`, manualFramingCheck);
  }
  if (isFrameable) return ok('Embedded works: the page may be framed by Flex');
  return fetched.wasRedirected
    ? warning(
        'the page that strangers are sent to may not be framed; the ticket’s own is not seen',
        manualFramingCheck,
      )
    : failed('Embedded does not work: the page may not be framed by Flex', allowFramingHint);
}
