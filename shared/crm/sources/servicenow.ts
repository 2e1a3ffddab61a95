import * as z from 'zod';
import { defaultStatus } from '../../http/errors.ts';
import { Version } from '../../messages/ticket-change.ts';
import { changesForRemoval, changesForUpdate } from '../changes.ts';
import { ticketIdSettings } from '../link-settings.ts';
import { millisecondsOf, sidOrEmpty, Timestamp } from '../parse/fields.ts';
import { integerOrText, parsePayload as parse } from '../parse/payload.ts';
import { standardWebhooksSignature } from '../signing/standard-webhooks.ts';
import { httpSource } from '../source.ts';
import { ticketIdSchema } from '../ticket-ids.ts';

/**
 * Our own script reads the response: docs/sources/servicenow-script-action.js. It retries after a 429, a 5xx and no
 * response, for about eight hours, at first after a minute. Any other status except 2xx is final, and logged in
 * ServiceNow.
 */
const statusOf = defaultStatus;

/**
 * The body that our script sends, published in docs/sources/servicenow.md. Because we define it, an unknown field
 * is an error. `sys_mod_count` counts the record's updates from 0.
 */
const RecordChange = z.strictObject({
  schema: z.literal('servicenow-record/1', { error: 'must be "servicenow-record/1"' }),
  operation: z.enum(['insert', 'update', 'delete']),
  sys_id: ticketIdSchema({ kind: 'servicenow', ticketId: 'sys_id' }),
  number: z.string(),
  sys_mod_count: integerOrText.pipe(Version).transform(BigInt),
  sys_updated_on: Timestamp,
  sid: sidOrEmpty,
  previous_sid: sidOrEmpty,
});

const NumberedRecord = z.object({
  number: ticketIdSchema({ kind: 'servicenow', ticketId: 'number' }),
});

const settings = {
  ticketId: ticketIdSettings.ticketId.default('sys_id'),
};

/** Records of a ServiceNow table, sent by our published business rule. */
export const servicenow = httpSource({
  settings,
  ...standardWebhooksSignature,
  statusOf,
  retryAfterSeconds: 60,

  normalise: (payload, { ticketId }) => {
    const { operation, sys_id, number, ...record } = parse(RecordChange, payload);
    const state = {
      id: ticketId === 'number' ? parse(NumberedRecord, payload).number : sys_id,
      version: record.sys_mod_count,
      occurredAt: millisecondsOf(record.sys_updated_on),
      from: record.previous_sid,
      to: record.sid,
    };
    // A deletion does not count as an update. If the counts are equal, the removal wins.
    const changes = operation === 'delete' ? changesForRemoval(state) : changesForUpdate(state);
    return changes.map((change) => ({ ...change, title: number || undefined }));
  },
});
