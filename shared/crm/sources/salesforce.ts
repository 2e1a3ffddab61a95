import * as z from 'zod';
import { HttpError, invalidBody } from '../../http/errors.ts';
import { changesForRemoval, changesForUpdate, parseBatch } from '../changes.ts';
import { parseSid } from '../parse/fields.ts';
import { parsePayload as parse } from '../parse/payload.ts';
import { type EventResult, eventBusSource, salesforceField } from '../source.ts';
import { ticketIdSchema } from '../ticket-ids.ts';

/**
 * An integer of 64 bits. In newer organisations a commit number is beyond 2^53, and the JSON.parse of the Lambda
 * runtime has already rounded it. Rounding keeps the order. Its step (256) is far smaller than the difference
 * between two transactions on one record, because such a number counts nanoseconds.
 */
const Long = z
  .union(
    [z.number().refine(Number.isInteger), z.bigint(), z.string().regex(/^\d{1,20}$/)],
    'must be an integer, not below 0',
  )
  .transform(BigInt)
  .refine(
    (value) => value >= 0n && value < 2n ** 64n,
    'must be an integer of 64 bits, not below 0',
  );

/** The object and the kind of a change. */
const AnyEvent = z.object({
  payload: z.object(
    { ChangeEventHeader: z.object({ entityName: z.string(), changeType: z.string() }) },
    "must hold the event, as Salesforce's event relay to EventBridge sends it; Amazon AppFlow and clients of Pub/Sub API send other forms",
  ),
});

/**
 * The fields of a change event that we read: its header, the changed fields, and the fields that the
 * event is enriched with.
 * Source: https://developer.salesforce.com/docs/atlas.en-us.change_data_capture.meta/change_data_capture/cdc_event_fields_header.htm
 */
const ChangeEvent = z.object({
  payload: z.looseObject({
    ChangeEventHeader: z.object({
      recordIds: z.array(z.unknown()).min(1),
      commitNumber: Long,
      sequenceNumber: Long,
      commitTimestamp: z.int().nonnegative(),
      changedFields: z.array(z.string()).nullish(),
      nulledFields: z.array(z.string()).nullish(),
    }),
  }),
});

const CaseId = ticketIdSchema({ kind: 'salesforce' });

type Payload = z.output<typeof ChangeEvent>['payload'];

/** The effect of each change type on a Case. A gap event has no fields, only the record and the change type. */
const kindOf = new Map<string, 'present' | 'removed'>([
  ['CREATE', 'present'],
  ['UPDATE', 'present'],
  ['UNDELETE', 'present'],
  ['DELETE', 'removed'],
  ['GAP_CREATE', 'present'],
  ['GAP_UPDATE', 'present'],
  ['GAP_UNDELETE', 'present'],
  ['GAP_DELETE', 'removed'],
]);

/**
 * How many of a version's 84 bits are for the sequence number. If a transaction has more changes, the last ones
 * have the same version.
 */
const sequenceBits = 20n;

const maxSequence = 2n ** sequenceBits - 1n;

const settings = {
  /** API name of the field of Case that holds a Twilio SID (Task, call or conversation). */
  sidField: salesforceField.optional(),
};

/** Salesforce's Change Data Capture for Cases, with an event relay to EventBridge. */
export const salesforce = eventBusSource({
  settings,
  detailTypes: ['CaseChangeEvent'],

  normalise: (detail, { sidField }) => {
    const { entityName, changeType } = parse(AnyEvent, detail).payload.ChangeEventHeader;
    if (entityName !== 'Case') return ignored('not a Case');
    if (changeType === 'GAP_OVERFLOW') {
      return ignored('GAP_OVERFLOW: the changed Cases are not named');
    }
    const kind = kindOf.get(changeType);
    if (kind === undefined) return ignored('unknown changeType');

    const { payload } = parse(ChangeEvent, detail);
    const { recordIds, commitNumber, sequenceNumber, commitTimestamp } = payload.ChangeEventHeader;
    const state = {
      version: versionOf(commitNumber, sequenceNumber),
      occurredAt: commitTimestamp,
      // The event does not name the conversation that a Case leaves.
      from:
        changeType === 'UPDATE' &&
        sidField !== undefined &&
        !recordIds.every(isWildcard) &&
        hasChanged(payload, sidField)
          ? {}
          : undefined,
      to: sidField === undefined ? undefined : parseSid(payload[sidField]),
    };
    const changesOf = kind === 'removed' ? changesForRemoval : changesForUpdate;
    return parseBatch(
      recordIds,
      (recordId) =>
        isWildcard(recordId)
          ? ignored('the event names no Case (wildcard recordId)')
          : changesOf({ ...state, id: parse(CaseId, recordId) }),
      'payload.ChangeEventHeader.recordIds',
    );
  },
});

/** The commit number orders transactions. The sequence number orders the changes in one transaction. */
function versionOf(commitNumber: bigint, sequenceNumber: bigint): bigint {
  return (
    (commitNumber << sequenceBits) + (sequenceNumber < maxSequence ? sequenceNumber : maxSequence)
  );
}

/** Whether an id stands for all records of an object. It is the first three characters of their ids. */
function isWildcard(recordId: unknown): boolean {
  return typeof recordId === 'string' && /^[A-Za-z0-9]{3}\*$/.test(recordId);
}

/**
 * Whether an update changed a field. The names in the header decide: an enriched field is present without a change,
 * and an emptied field may be missing. Without names, a field that has a value counts as changed, because only the
 * value matters. A field without a value may be unchanged: Pub/Sub API sends every unchanged field as null, and
 * bitmaps in place of names.
 * Source: https://developer.salesforce.com/docs/platform/pub-sub-api/guide/event-deserialization-considerations.html
 * @throws HttpError if the event does not show whether the field was emptied
 */
function hasChanged(payload: Payload, field: string): boolean {
  const { changedFields, nulledFields } = payload.ChangeEventHeader;
  const changed = changedFields ?? [];
  if (changed.includes(field) || nulledFields?.includes(field)) return true;
  if (changed.length > 0 && changed.every(isFieldName)) return false;
  if ((payload[field] ?? null) !== null) return true;
  throw new HttpError('invalid', invalidBody, [
    {
      field: 'payload.ChangeEventHeader.changedFields',
      problem: `must name the changed fields: without names nothing tells whether ${field} was emptied. Bitmaps (0x…) are the form of Pub/Sub API: use Salesforce's event relay to EventBridge, or remove sidField`,
    },
  ]);
}

/**
 * Whether a text is the name of a field, or of a part of a compound field. A bitmap begins with a digit, as in
 * `0x420000` and `4-0x10`.
 */
function isFieldName(text: string): boolean {
  return /^[A-Za-z]/.test(text);
}

function ignored(reason: string): readonly EventResult[] {
  return [{ kind: 'ignored', reason }];
}
