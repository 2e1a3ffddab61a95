import type { DeadLetterReason } from '../../lambdas/sync/fate/triage.ts';
import type { syncDidNotFinish } from './dead-letter.ts';

type Reason = DeadLetterReason | typeof syncDidNotFinish;

/** What each reason means, and whether a replay helps. In more words: docs/runbook.md. */
const reasonDescriptions: Readonly<Record<Reason, string>> = {
  'taskrouter-unavailable': 'TaskRouter did not answer for 6.5 hours: replay once it does',
  unauthorized: 'Twilio refused the API key for 6.5 hours: renew it, then replay',
  crashed: 'a fault of ours: update, then replay',
  'never-finished':
    'SQS gave it up after crashes or time-outs of the sync: see its log, then replay',
  'attributes-full':
    'no room in the attributes of its Task: replay while the conversation lasts, once others made room',
  'attributes-unreadable':
    'the attributes of its Task are not JSON of ours to write: mend, then replay',
  'refused-by-twilio': 'Twilio refused the request: see dlq show',
  'invalid-message': 'not a message of ours: purge it',
};

/** What a reason means, in words; undefined for one that this version does not know. */
export const describeReason = (reason: string): string | undefined =>
  Object.entries(reasonDescriptions).find(([known]) => known === reason)?.[1];
