import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonText } from '../../../shared/json.ts';
import { Message } from '../../../shared/messages/message.ts';
import type { DeadLetterReason } from '../../../shared/sync/types.ts';
import { reconcileMessage, ticketChange } from '../../sync/messages.ts';

export const taskSid = `WT${'1'.repeat(32)}`;

const hour = 3_600_000;

/** A dead letter to send: a message, or a body that is not one of our messages, and its reason. */
export interface TestDeadLetter {
  readonly body: Message | string;
  /** Undefined: SQS itself moved the message. */
  readonly reason?: DeadLetterReason;
  readonly tries?: number;
}

/** One dead letter of each kind: seven. */
export function oneOfEach(): TestDeadLetter[] {
  const acceptedAgo = (ms: number) => ({ receivedAt: Date.now() - ms });
  return [
    {
      body: ticketChange(1, { taskSid }, {}, acceptedAgo(2 * hour)),
      reason: 'taskrouter-unavailable',
    },
    {
      body: ticketChange(2, { taskSid }, {}, acceptedAgo(30 * hour)),
      reason: 'taskrouter-unavailable',
    },
    { body: ticketChange(3, { taskSid }), reason: 'attributes-full', tries: 1 },
    {
      body: ticketChange(4, { taskSid }, { ticket: 'jira/SUP-4' }),
      reason: 'unauthorized',
    },
    { body: reconcileMessage(taskSid), reason: 'crashed' },
    { body: ticketChange(5, { callSid: `CA${'5'.repeat(32)}` }) },
    { body: '{"none": "of ours"}', reason: 'invalid-message', tries: 1 },
  ];
}

/** Dead letters of the tickets `zendesk/0`, `zendesk/1` and so on. */
export function manyDeadLetters(count: number): TestDeadLetter[] {
  return Array.from({ length: count }, (_, id) => ({
    body: ticketChange(id, { taskSid }),
    reason: 'taskrouter-unavailable',
  }));
}

/** The ticket of a received message; undefined for a message of another kind. */
export function ticketOf({ Body = '' }: { readonly Body?: string | undefined }) {
  const message = jsonText(Message).parse(Body);
  return message.kind === 'ticket-change' ? message.change.ticket : undefined;
}

/** The bodies of received messages, sorted. */
export function bodiesOf(messages: readonly { readonly Body?: string | undefined }[]) {
  return messages.map(({ Body }) => Body).sort();
}

/** The bodies of dead letters, sorted. */
export function textsOf(deadLetters: readonly TestDeadLetter[]): string[] {
  return deadLetters.map(bodyText).sort();
}

/** The body of a dead letter as SQS holds it. */
export function bodyText({ body }: TestDeadLetter): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** The lines of all audit files in a folder, without an incomplete one. */
export async function readAudit(folder: string): Promise<Record<string, unknown>[]> {
  const names = (await readdir(folder)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts
    .join('')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
}

/** The ids of the dead letters in audit lines of one event. */
export function auditedIds(audit: readonly Record<string, unknown>[], event: string): unknown[] {
  return audit.flatMap((line) => (line['event'] === event ? [line['deadLetterId']] : []));
}
