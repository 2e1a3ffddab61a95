import * as z from 'zod';
import {
  CallSid,
  ConversationSid,
  type Correlation,
  TaskSid,
} from '../../messages/ticket-change.ts';

/** The part of a correlation that comes from a payload. */
export type Sids = Omit<Correlation, 'attribute' | 'replaces'>;

/**
 * The Twilio SID in a CRM's field, by its prefix: `WT` is a Task, `CA` a call, `CH` a conversation.
 * `undefined` for any other value.
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

/** A field of our published bodies: a SID, or empty because the CRM's field is empty. */
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
