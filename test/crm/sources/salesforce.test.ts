import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceConfig } from '../../../shared/crm/config.ts';
import type { EventResult } from '../../../shared/crm/source.ts';
import { salesforce } from '../../../shared/crm/sources/salesforce.ts';
import { toTicketChange } from '../../../shared/crm/to-ticket-change.ts';
import { parseJsonBody } from '../../../shared/http/request.ts';
import { TicketChangeMessage } from '../../../shared/messages/message.ts';
import { callSid, now } from '../../crm-change/webhook.ts';
import { fieldsOf } from '../problems.ts';

const id = '50025000009vJE9AAM';
const sidField = 'Twilio_Conversation_SID__c';
const settings = {
  kind: 'salesforce',
  ticketUrl: 'https://acme.lightning.force.com/lightning/r/Case/{id}/view',
  partnerEventSource: 'aws.partner/salesforce.com/00Dxx0000001gPFEAY/0YLxx00000000zJOAQ',
};
const config = SourceConfig.parse({ ...settings, sidField });
const normalise = (detail: unknown, configured = config) =>
  salesforce.normalise(detail, configured);

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

describe('a real change event', () => {
  it('of a Case is read', () => {
    // From an organisation of 2019, as it was published; the envelope of the event relay.
    const detail = parseJsonBody(
      Buffer.from(`{"schema":"idzQ0I-adgCfqNzILegnJg","payload":{
        "LastModifiedDate":"2019-09-25T10:32:28Z","AccountId":"0012500001DNi0FAAT",
        "ChangeEventHeader":{"commitNumber":10583584855437,"commitUser":"0054J000000g1dGQAQ",
        "sequenceNumber":1,"entityName":"Case","changeType":"UPDATE",
        "changedFields":["AccountId","LastModifiedDate"],
        "changeOrigin":"com/salesforce/api/soap/47.0;client=SfdcInternalAPI/",
        "transactionKey":"000c6c88-b097-f5fb-0005-65d83dc022e5","commitTimestamp":1569407548000,
        "recordIds":["50025000009vJE9AAM"]}},"event":{"replayId":103773372}}`),
    );
    expect(normalise(detail)).toEqual([
      { kind: 'present', id, version, occurredAt: 1569407548000, sids: {} },
    ]);
  });
});

describe('the order of changes of a Case', () => {
  const at = (commitNumber: unknown, sequenceNumber: unknown): bigint =>
    versionIn(normalise(event({ commitNumber, sequenceNumber })));

  /** The same as the Lambda runtime hands it over, which reads it with plain JSON.parse. */
  const rounded = (commitNumber: bigint, sequenceNumber: bigint): bigint =>
    at(JSON.parse(String(commitNumber)), JSON.parse(String(sequenceNumber)));

  it('is that of their transactions, then of their places in one', () => {
    const inOrder = [
      at(10583584855437, 1),
      at(10583584855437, 2),
      at(10583584855437, 10),
      at(10583584855438, 1),
      at(1745500706683617281n, 1),
      at(1745500706683617282n, 1),
      at(2n ** 64n - 1n, 1),
    ];
    expect(inOrder.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(inOrder);
    expect(new Set(inOrder).size).toBe(inOrder.length);
  });

  it('is the same whether a number came exact, rounded or as digits', () => {
    expect(at('10583584855437', '1')).toBe(at(10583584855437, 1));
    expect(at('1745500706683617281', '1')).toBe(at(1745500706683617281n, 1n));
    const first = 1745500706683617281n;
    const aSecondLater = first + 1_000_000_000n;
    expect(rounded(first, 2n) < rounded(aSecondLater, 1n)).toBe(true);
    expect(rounded(first, 1n) < rounded(first, 2n)).toBe(true);
  });

  it('is never turned around by rounding', () => {
    const commit = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
    const near = fc.bigInt({ min: 0n, max: 3_000_000n });
    const place = fc.bigInt({ min: 0n, max: 3n });
    fc.assert(
      fc.property(commit, near, place, place, (first, apart, one, other) => {
        const second = first + apart;
        expect(at(first, one) < at(second, other)).toBe(
          apart > 0n || (apart === 0n && one < other),
        );
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

describe('a change event', () => {
  it('may name several Cases, each for itself', () => {
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

  it('gives findings or a refusal for any input', () => {
    const header = fc.record(
      {
        entityName: fc.oneof(fc.constant('Case'), fc.anything()),
        changeType: fc.oneof(fc.constantFrom('UPDATE', 'CREATE', 'DELETE'), fc.anything()),
        commitNumber: fc.oneof(fc.nat(), fc.bigInt(), fc.double(), fc.anything()),
        sequenceNumber: fc.oneof(fc.nat(), fc.bigInt(), fc.anything()),
        commitTimestamp: fc.oneof(fc.nat(), fc.anything()),
        changedFields: fc.oneof(fc.array(fc.string()), fc.anything()),
        nulledFields: fc.anything(),
        recordIds: fc.oneof(fc.array(fc.oneof(fc.constant(id), fc.anything())), fc.anything()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(header, fc.anything(), fc.anything(), (ChangeEventHeader, sid, detail) => {
        fieldsWrong({ payload: { [sidField]: sid, ChangeEventHeader } });
        fieldsWrong(detail);
      }),
    );
  });
});
