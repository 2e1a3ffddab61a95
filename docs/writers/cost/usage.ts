/** Where a figure comes from. */
export type Origin = 'measured' | 'assumed' | 'from the program';

export interface Figure {
  readonly value: number;
  readonly unit: string;
  readonly origin: Origin;
  /** How it was measured, or why it is assumed so. */
  readonly why: string;
}

const measured = (value: number, unit: string, why: string): Figure => ({
  value,
  unit,
  origin: 'measured',
  why,
});
const assumed = (value: number, unit: string, why: string): Figure => ({
  value,
  unit,
  origin: 'assumed',
  why,
});

/**
 * What one change of a ticket sets going, with the whole conversation that it belongs to: a call whose Task names
 * its ticket is taken, the ticket changes once, the call ends. `test/docs/cost.test.ts` plays that in the embedded
 * world and holds the measured figures against it.
 */
export const usage = {
  webhooks: measured(1, 'requests', 'the change itself'),
  eventRequests: measured(
    5,
    'requests',
    "Event Streams' deliveries: taken, wrapped up, completed, and the Task updated by our two writes",
  ),
  eventMessages: measured(3, 'messages', 'what those events put on the queue'),
  messages: measured(
    8,
    'messages',
    'what the sync is handed: the change, what the events call for, two confirmations of each write',
  ),
  searches: measured(1, 'requests', 'the change names no Task, only the ticket that stands on it'),
  writes: measured(2, 'requests', 'once for the Task that names the ticket, once for the change'),
  twilioCalls: measured(
    19,
    'requests',
    'two reads for each message that is about a Task, the search, the writes',
  ),
  crmChangeLog: measured(650, 'bytes', 'one line, and one of metrics'),
  taskEventLog: measured(
    2900,
    'bytes',
    'five lines of metrics, and a line for each event that calls for something',
  ),
  syncLog: measured(
    5900,
    'bytes',
    'a line for each message, and one of metrics for each invocation',
  ),
  attributes: measured(690, 'characters', 'of the Task, as written'),

  crmChangeSeconds: assumed(0.05, 'seconds', 'a signature, and a message to SQS'),
  taskEventSeconds: assumed(0.03, 'seconds', 'a signature, and for half of them a message to SQS'),
  syncOverheadSeconds: assumed(0.05, 'seconds', 'of each invocation, beside Twilio'),
  twilioSeconds: assumed(0.15, 'seconds', 'that TaskRouter takes to answer'),
  platformLog: assumed(
    700,
    'bytes',
    'that Lambda itself writes of each invocation: platform.start and platform.report',
  ),
  accessLog: assumed(420, 'bytes', 'that the API writes of each request'),
  requestOut: assumed(
    700,
    'bytes',
    'head of a request to Twilio, or of an answer of ours, with its share of TLS',
  ),
} as const satisfies Readonly<Record<string, Figure>>;
