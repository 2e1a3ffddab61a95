import type { AskPage } from '../../../lambdas/crm-change/framing/ask-page.ts';
import { mayBeFramed } from '../../../lambdas/crm-change/framing/may-be-framed.ts';
import { bad, ok, unknown, type Verdict, warning } from '../finding.ts';

const allowIt =
  'Let https://flex.twilio.com frame the page in the CRM, or set linkType to Referenced (docs/link-type.md).';
const tryIt =
  "Try it in Flex, in a supervisor's browser; if it shows nothing, set linkType to Referenced (docs/link-type.md).";

/** Whether links of this type work, by the headers that a page gives to one who is not logged in. */
export const judgeFraming = (
  answer: Awaited<ReturnType<AskPage>>,
  linkType: 'Embedded' | 'auto',
): Verdict => {
  const isFramed = !('doubt' in answer) && mayBeFramed(answer);
  if (linkType === 'auto') {
    if (isFramed) return ok('auto comes to Embedded: the page may be framed');
    const reason = 'doubt' in answer ? answer.doubt : 'the page may not be framed';
    return ok(`auto comes to Referenced: ${reason}`);
  }
  if ('doubt' in answer) {
    return unknown(`whether the page may be framed cannot be seen: ${answer.doubt}`, tryIt);
  }
  if (isFramed) return ok('Embedded works: the page may be framed');
  return answer.wasRedirected
    ? warning(
        'the page that strangers are sent to may not be framed; the ticket’s own is not seen',
        tryIt,
      )
    : bad('Embedded does not work: the page may not be framed by Flex', allowIt);
};
