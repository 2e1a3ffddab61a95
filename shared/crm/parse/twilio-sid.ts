import * as z from 'zod';
import {
  CallSid,
  ConversationSid,
  type Correlation,
  TaskSid,
} from '../../messages/ticket-change.ts';

/** The part of a correlation that a payload gives. */
export type Sids = Omit<Correlation, 'attribute' | 'replaces'>;

/**
 * The Twilio SID that a CRM's field holds, by its prefix: `WT` a Task, `CA` a call, `CH` a
 * conversation. `undefined` for any other value.
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

/** A field of a body of ours that holds a SID, or is empty because the CRM's field is. */
export const sidOrEmpty = z.string().transform((text, context): Sids | undefined => {
  const sids = parseSid(text);
  if (sids === undefined && text.trim() !== '') {
    context.addIssue({
      code: 'custom',
      message:
        'must be empty or a Twilio SID: WT, CA or CH and 32 hexadecimal digits; ' +
        "check which of the CRM's fields is put here",
    });
  }
  return sids;
});
