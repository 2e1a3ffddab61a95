import * as z from 'zod';
import {
  CallSid,
  ConversationSid,
  type Correlation,
  TaskSid,
} from '../../messages/ticket-change.ts';

const timestampForm =
  /^(?<date>\d{4}-\d\d-\d\d)[Tt](?<hour>[01]\d|2[0-3]):(?<minute>[0-5]\d)(?::(?<second>[0-5]\d|60)(?:\.(?<fraction>\d+))?)?(?:[Zz]|(?<offset>[+-])(?<offsetHour>[01]\d|2[0-3]):?(?<offsetMinute>[0-5]\d))$/;

/** The highest number of nanoseconds in 64 bits, in the year 2554. */
const maxNanoseconds = 2n ** 64n - 1n;

/**
 * Nanoseconds since 1970 of an RFC 3339 timestamp. They are exact, because no digit becomes a float. Digits after
 * the ninth are cut. Seconds may be missing, as in Zendesk's example of its placeholders. A leap second counts as
 * the next second. Undefined for any other text, and for years before 1970 or after 2554.
 */
export function nanosecondsOf(text: string): bigint | undefined {
  const parts = timestampForm.exec(text)?.groups;
  const day = dayOf(parts?.['date'] ?? '');
  if (parts === undefined || day === undefined) return undefined;
  const number = (name: string): number => Number(parts[name] ?? 0);
  const minutes = number('hour') * 60 + number('minute');
  const offset = number('offsetHour') * 60 + number('offsetMinute');
  const utc = parts['offset'] === '-' ? minutes + offset : minutes - offset;
  const ms = day + (utc * 60 + number('second')) * 1000;
  const fraction = (parts['fraction'] ?? '').slice(0, 9).padEnd(9, '0');
  const nanoseconds = BigInt(ms) * 1_000_000n + BigInt(fraction);
  return nanoseconds < 0n || nanoseconds > maxNanoseconds ? undefined : nanoseconds;
}

/** The milliseconds in a number of nanoseconds, rounded down. */
export function millisecondsOf(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000_000n);
}

/** A timestamp in a payload, parsed to nanoseconds since 1970. */
export const Timestamp = z.string().transform((text, context) => {
  const nanoseconds = nanosecondsOf(text);
  if (nanoseconds !== undefined) return nanoseconds;
  context.addIssue({
    code: 'custom',
    message: 'must be an RFC 3339 timestamp between 1970 and 2554, e.g. 2026-01-31T09:30:00.123Z',
  });
  return z.NEVER;
});

/** Milliseconds since 1970 of a day. Undefined if the day does not exist. */
function dayOf(date: string): number | undefined {
  const ms = Date.parse(`${date}T00:00:00Z`);
  const exists = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
  return exists ? ms : undefined;
}

/** The part of a correlation that comes from a payload. */
export type Sids = Omit<Correlation, 'attribute' | 'replaces'>;

/**
 * The Twilio SID in a CRM's field, by its prefix: `WT` is a Task, `CA` a call, `CH` a Conversation. Undefined for
 * any other value.
 * Source: https://www.twilio.com/docs/glossary/what-is-a-sid
 */
export function parseSid(value: unknown): Sids | undefined {
  const text = typeof value === 'string' ? value.trim() : value;
  const taskSid = TaskSid.safeParse(text);
  if (taskSid.success) return { taskSid: taskSid.data };
  const callSid = CallSid.safeParse(text);
  if (callSid.success) return { callSid: callSid.data };
  const conversationSid = ConversationSid.safeParse(text);
  if (conversationSid.success) return { conversationSid: conversationSid.data };
  return undefined;
}

/** A field of our published bodies: a SID, or an empty text because the CRM's field is empty. */
export const sidOrEmpty = z.string().transform((text, context): Sids | undefined => {
  const sids = parseSid(text);
  if (sids === undefined && text.trim() !== '') {
    context.addIssue({
      code: 'custom',
      message:
        'must be empty or a Twilio SID: WT, CA or CH and 32 hexadecimal digits; ' +
        'check which field of the CRM fills this one',
    });
  }
  return sids;
});
