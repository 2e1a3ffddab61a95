import * as z from 'zod';
import { changesForRemoval, changesForUpdate, parseBatch } from '../changes.ts';
import { parsePayload as parse } from '../parse/payload.ts';
import { caseIdFromAttribute, SalesforceId } from '../parse/salesforce-id.ts';
import { parseSid } from '../parse/twilio-sid.ts';
import { salesforceField } from '../settings.ts';
import { type EventResult, eventBusSource } from '../source.ts';

/**
 * An integer of 64 bits. In newer organisations a commit number is beyond 2^53, and the JSON.parse of
 * the Lambda runtime has rounded it before it comes here. Rounding keeps the order, and its grain (256)
 * is far below what lies between two transactions on one record: there the number counts nanoseconds.
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

/** What kind of change an event tells. */
const AnyEvent = z.object({
  payload: z.object({
    ChangeEventHeader: z.object({ entityName: z.string(), changeType: z.string() }),
  }),
});

/**
 * A change event, as far as we read it: beside its header it holds the fields that have changed, and
 * those it is enriched with.
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

type Payload = z.output<typeof ChangeEvent>['payload'];

/** What the changes say of a Case. A gap event has no fields, only what happened to which record. */
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

/** Of a version's 84 bits; where a transaction has more changes, the last share a place. */
const sequenceBits = 20n;

const maxSequence = 2n ** sequenceBits - 1n;

const settings = {
  /** API name of the field of Case that holds a Twilio SID (Task, call or conversation). */
  sidField: salesforceField.optional(),
};

/** Salesforce's Change Data Capture for Cases, by an event relay to EventBridge. */
export const salesforce = eventBusSource({
  settings,
  detailTypes: ['CaseChangeEvent'],
  ticketIdFromAttribute: caseIdFromAttribute,

  normalise: (detail, { sidField }) => {
    const { entityName, changeType } = parse(AnyEvent, detail).payload.ChangeEventHeader;
    if (entityName !== 'Case') return ignored('not a Case');
    if (changeType === 'GAP_OVERFLOW') {
      return ignored('an overflow: Salesforce does not say which Cases have changed');
    }
    const kind = kindOf.get(changeType);
    if (kind === undefined) return ignored('a change of a type that is not known');

    const { payload } = parse(ChangeEvent, detail);
    const { recordIds, commitNumber, sequenceNumber, commitTimestamp } = payload.ChangeEventHeader;
    const state = {
      version: versionOf(commitNumber, sequenceNumber),
      occurredAt: commitTimestamp,
      // Which conversation a Case leaves is not told.
      from:
        changeType === 'UPDATE' && sidField !== undefined && hasChanged(payload, sidField)
          ? {}
          : undefined,
      to: sidField === undefined ? undefined : parseSid(payload[sidField]),
    };
    const changesOf = kind === 'removed' ? changesForRemoval : changesForUpdate;
    return parseBatch(
      recordIds,
      (recordId) =>
        typeof recordId === 'string' && /^[A-Za-z0-9]{3}\*$/.test(recordId)
          ? ignored('a change of all Cases at once, which are not named')
          : changesOf({ ...state, id: parse(SalesforceId, recordId) }),
      'payload.ChangeEventHeader.recordIds',
    );
  },
});

/** Transactions are ordered by their commit number, the changes in one by their sequence number. */
function versionOf(commitNumber: bigint, sequenceNumber: bigint): bigint {
  return (
    (commitNumber << sequenceBits) + (sequenceNumber < maxSequence ? sequenceNumber : maxSequence)
  );
}

/**
 * Whether an update has put another value into a field. The lists of the header decide: an enriched
 * field is there unchanged, and one that was emptied may be left out. Without a list, what is there
 * has changed.
 */
function hasChanged(payload: Payload, field: string): boolean {
  const { changedFields, nulledFields } = payload.ChangeEventHeader;
  const changed = [...(changedFields ?? Object.keys(payload)), ...(nulledFields ?? [])];
  return changed.includes(field);
}

function ignored(reason: string): readonly EventResult[] {
  return [{ kind: 'ignored', reason }];
}
