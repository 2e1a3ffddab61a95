import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceConfig } from '../../../shared/crm/config.ts';
import type { EventResult } from '../../../shared/crm/source.ts';
import { salesforce } from '../../../shared/crm/sources/salesforce.ts';
import { toTicketChange } from '../../../shared/crm/to-ticket-change.ts';
import { TicketChangeMessage } from '../../../shared/messages/message.ts';
import { callSid, now } from '../../crm-change/webhook.ts';
import { fieldsOf, problemsOf } from '../problems.ts';

const id = '50025000009vJE9AAM';
const sidField = 'Twilio_Conversation_SID__c';
const config = SourceConfig.parse({
  kind: 'salesforce',
  ticketUrl: 'https://acme.lightning.force.com/lightning/r/Case/{id}/view',
  partnerEventSource: 'aws.partner/salesforce.com/00Dxx0000001gPFEAY/0YLxx00000000zJOAQ',
  sidField,
});

const normalise = (detail: unknown, settings: object = config) =>
  salesforce.normalise(detail, settings);

/** What a change event of one Case holds. */
const event = (header: object, fields: object = {}) => ({
  payload: {
    ...fields,
    ChangeEventHeader: {
      commitNumber: 10583584855437,
      sequenceNumber: 1,
      entityName: 'Case',
      changeType: 'UPDATE',
      changedFields: [...Object.keys(fields), 'LastModifiedDate'],
      commitTimestamp: 1569407548000,
      recordIds: [id],
      ...header,
    },
  },
});

const version = String(10583584855437n * 2n ** 20n + 1n);

/** What a refusal says of each field; any other error is thrown on. */
const fieldsWrong = (detail: unknown) => fieldsOf(() => normalise(detail));

const versionIn = ([finding]: readonly EventResult[]): bigint =>
  finding !== undefined && 'version' in finding ? BigInt(finding.version) : -1n;

describe('the order of changes of a Case', () => {
  const at = (commitNumber: unknown, sequenceNumber: unknown): bigint =>
    versionIn(normalise(event({ commitNumber, sequenceNumber })));

  /** The same as the Lambda runtime hands it over, which reads it with plain JSON.parse. */
  const rounded = (commitNumber: bigint, sequenceNumber: bigint): bigint =>
    at(JSON.parse(String(commitNumber)), JSON.parse(String(sequenceNumber)));

  it('is the same whether a number came exact or as digits', () => {
    expect(at('10583584855437', '1')).toBe(at(10583584855437, 1));
    expect(at('1745500706683617281', '1')).toBe(at(1745500706683617281n, 1n));
  });

  it('is that of transactions, then of places in one, and is never turned around by rounding', () => {
    const commit = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
    const near = fc.bigInt({ min: 0n, max: 3_000_000n });
    const place = fc.bigInt({ min: 0n, max: 12n });
    fc.assert(
      fc.property(commit, near, place, place, (first, apart, one, other) => {
        const second = first + apart;
        const isBefore = apart > 0n || one < other;
        expect(at(first, one) < at(second, other)).toBe(isBefore);
        expect(rounded(first, one) < rounded(first, other)).toBe(one < other);
        if (apart > 1024n) expect(rounded(first, one) < rounded(second, other)).toBe(true);
      }),
    );
  });

  it('leaves the last changes of a very long transaction in one place, before the next', () => {
    expect(at(7, 2 ** 20 - 1)).toBe(at(7, 2 ** 20));
    expect(at(7, 2 ** 20 - 2) < at(7, 2 ** 20)).toBe(true);
    expect(at(7, 2n ** 40n) < at(8, 0)).toBe(true);
  });

  it('fits into the versions of a message, up to the last commit', () => {
    for (const commitNumber of [0, 2n ** 63n - 1n, 2n ** 64n - 1n, Number(2n ** 63n)]) {
      for (const sequenceNumber of [0, 1, 2 ** 31 - 1]) {
        for (const fields of [{}, { [sidField]: callSid }, { [sidField]: null }]) {
          const findings = normalise(event({ commitNumber, sequenceNumber }, fields));
          for (const finding of findings) {
            const options = { now: () => now };
            const withAttribute = { ...config, taskAttribute: 'sfdcObjectId' };
            const change = toTicketChange(finding, 'salesforce', withAttribute, options);
            expect(TicketChangeMessage.safeParse(change).success).toBe(true);
          }
        }
      }
    }
  });
});

it('a change event may name several Cases, each for itself', () => {
  const ids = 'payload.ChangeEventHeader.recordIds';
  const recordIds = [id, '500x000000003TR', '500*', 'Jane Doe', 7, '500x000000003TSAAY'];
  expect(normalise(event({ recordIds }))).toMatchObject([
    { kind: 'present', id, version },
    { kind: 'present', id: '500x000000003TRAAY', version },
    { kind: 'ignored' },
    { kind: 'invalid', problems: [{ field: `${ids}[3]` }] },
    { kind: 'invalid', problems: [{ field: `${ids}[4]` }] },
    { kind: 'present', id: '500x000000003TSAAY', version },
  ]);
});

describe('a change event in the form of Pub/Sub API', () => {
  const lists = 'payload.ChangeEventHeader.changedFields';
  const bitmaps = { changedFields: ['0x420000'], nulledFields: [], diffFields: [] };
  /** All fields are there: those that did not change are null. */
  const pubSub = (header: object, fields: object = {}) =>
    event({ ...bitmaps, ...header }, { Status: null, [sidField]: null, ...fields });
  const present = { kind: 'present', id, sids: {} };

  it('is refused by the name of the list if nothing tells whether the SID was emptied', () => {
    for (const header of [
      { nulledFields: ['0x020000'] },
      { changedFields: ['0x650004E0', '4-0x10', '7-0x06'] },
      { changedFields: ['Status', '4-0x10'] },
      { changedFields: undefined },
      { changedFields: null, nulledFields: null },
      { changedFields: [] },
      { recordIds: [id, '500*'] },
    ]) {
      for (const fields of [{}, { [sidField]: undefined }, { Status: 'New' }]) {
        const problems = problemsOf(() => normalise(pubSub(header, fields)));
        expect(problems).toMatchObject([
          { field: lists, problem: expect.stringMatching(/emptied.*Pub\/Sub API.*event relay/) },
        ]);
      }
    }
  });

  it.each<[what: string, detail: unknown, results: readonly object[]]>([
    ['a GAP_UPDATE', pubSub({ changeType: 'GAP_UPDATE', changedFields: [] }), [present]],
    ['an UPDATE of all Cases', pubSub({ recordIds: ['500*'] }), [{ kind: 'ignored' }]],
    [
      'an UPDATE of two Cases with names',
      pubSub({ changedFields: ['Status'], nulledFields: ['0x02'], recordIds: [id, id] }),
      [present, present],
    ],
    [
      'an UPDATE that names the SID beside bitmaps',
      pubSub({ changedFields: [sidField, '4-0x10'] }),
      [{ ...present, exclusive: true }],
    ],
  ])('is read if it is %s', (_what, detail, results) => {
    expect(normalise(detail)).toMatchObject(results);
  });

  it('is read if no field of Case holds a SID: nobody needs the lists', () => {
    expect(normalise(pubSub({}), {})).toMatchObject([present]);
  });
});

it('an update in any form tells of an emptied SID or is refused, and removes none that is unchanged', () => {
  const bitmap = fc.stringMatching(/^([0-9]{1,3}-)?0x[0-9A-F]{2,10}$/);
  const lists = fc.constantFrom('names', 'bitmaps', 'part', 'none', 'absent');
  const shown = fc.constantFrom('changed', 'changed and not null', 'all');
  const sid = fc.constantFrom(null, callSid, `CA${'e'.repeat(32)}`);
  fc.assert(
    fc.property(sid, sid, lists, shown, bitmap, (before, after, list, fields, bits) => {
      const isChanged = before !== after;
      const names = [...(isChanged ? [sidField] : []), 'LastModifiedDate'];
      const changedFields = {
        names,
        bitmaps: [bits],
        part: ['LastModifiedDate', bits],
        none: [],
        absent: undefined,
      }[list];
      const isShown = fields === 'all' || (isChanged && (fields === 'changed' || after !== null));
      const detail = event(
        { changedFields },
        { Status: null, ...(isShown && { [sidField]: isChanged ? after : null }) },
      );
      const refused = fieldsWrong(detail);
      if (refused !== 'none') {
        expect([list, refused]).not.toEqual(['names', expect.anything()]);
        return;
      }
      expect(normalise(detail)).toMatchObject([
        isChanged
          ? { kind: 'present', exclusive: true, sids: after === null ? {} : { callSid: after } }
          : { kind: 'present', sids: {} },
      ]);
      if (!isChanged) expect(normalise(detail)[0]).not.toHaveProperty('exclusive');
    }),
  );
});
