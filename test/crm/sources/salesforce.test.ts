import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceConfig } from '../../../shared/crm/config.ts';
import type { EventResult } from '../../../shared/crm/source.ts';
import { salesforce } from '../../../shared/crm/sources/salesforce.ts';
import { toTicketChange } from '../../../shared/crm/to-ticket-change.ts';
import { HttpError } from '../../../shared/http/errors.ts';
import { parseJsonBody } from '../../../shared/http/request.ts';
import { TicketChangeMessage } from '../../../shared/messages/message.ts';
import { callSid, fixture, now } from '../../crm-change/webhook.ts';

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
const before = String(10583584855437n * 2n ** 20n);

/** Findings, or the problems of a refusal; any other error is thrown on. */
const outcomeOf = (detail: unknown) => {
  try {
    return { findings: normalise(detail), problems: [] };
  } catch (error) {
    if (error instanceof HttpError) return { findings: [], problems: error.problems };
    throw error;
  }
};
const fieldsWrong = (detail: unknown) => outcomeOf(detail).problems.map(({ field }) => field);

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

  it('of another object is ignored, as it came by EventBridge in 2025', () => {
    const detail = {
      payload: JSON.parse(
        '{"LastModifiedDate":"2025-04-24T13:18:26.000Z","Name":{"LastName":"Youngest"},"ChangeEventHeader":{"commitNumber":1745500706683617281,"commitUser":"005ak00000EpjsfAAB","sequenceNumber":1,"entityName":"Contact","changeType":"UPDATE","changedFields":["LastModifiedDate","Name.LastName"],"changeOrigin":"com/salesforce/api/soap/63.0;client=SfdcInternalAPI/","transactionKey":"0000be70-a756-e601-9202-32967602a6be","commitTimestamp":1745500706000,"recordIds":["003ak00000IiFInAAN"]}}',
      ),
    };
    expect(normalise(detail)).toEqual([{ kind: 'ignored', reason: 'not a Case' }]);
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
  it('that overflowed is ignored whatever else it holds', () => {
    const overflow = {
      changeType: 'GAP_OVERFLOW',
      recordIds: ['000000000000000AAA'],
      commitNumber: null,
    };
    expect(normalise(event(overflow))).toMatchObject([{ kind: 'ignored', reason: /GAP_OVERFLOW/ }]);
  });

  it('may name several Cases, each for itself', () => {
    const recordIds = [id, '500x000000003TR', '500*', 'Jane Doe', 7, '500x000000003TSAAY'];
    expect(normalise(event({ recordIds }))).toMatchObject([
      { kind: 'present', id, version },
      { kind: 'present', id: '500x000000003TRAAY', version },
      { kind: 'ignored' },
      {
        kind: 'invalid',
        problems: [{ field: 'payload.ChangeEventHeader.recordIds[3]' }],
      },
      {
        kind: 'invalid',
        problems: [{ field: 'payload.ChangeEventHeader.recordIds[4]' }],
      },
      { kind: 'present', id: '500x000000003TSAAY', version },
    ]);
  });

  it('gives one Case one key, whether its id has 15 or 18 characters', () => {
    expect(normalise(event({ recordIds: [id.slice(0, 15)] }))).toEqual(normalise(event({})));
  });

  it('without the envelope of the event relay is refused, and says what is missing', () => {
    expect(fieldsWrong(event({}).payload)).toEqual(['payload']);
  });

  it('comes to findings or to a refusal, whatever it is', () => {
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
        outcomeOf({ payload: { [sidField]: sid, ChangeEventHeader } });
        outcomeOf(detail);
      }),
    );
  });
});

describe('the conversation of a Case', () => {
  const update = (value: unknown, header: object = {}) =>
    normalise(event(header, { [sidField]: value }));

  it('is in the end the one whose Task names the Case, where the SID is emptied', () => {
    const withAttribute = { ...config, taskAttribute: 'sfdcObjectId' };
    const options = { now: () => now };
    const correlation = { attribute: { name: 'sfdcObjectId', value: id } };
    const changesWith = (configured: SourceConfig) =>
      update('').map((finding) => toTicketChange(finding, 'salesforce', configured, options));
    expect(changesWith(withAttribute)).toMatchObject([
      { change: { version, link: { type: 'Referenced' }, correlation, exclusive: true } },
    ]);
    expect(changesWith(config)).toMatchObject([
      { change: { version: before, link: null, correlation: {}, exclusive: true } },
    ]);
  });
});

describe('the settings of a Salesforce source', () => {
  it('give the link of the Case in Lightning', () => {
    const detail = parseJsonBody(Buffer.from(fixture('salesforce/sid_set.json')));
    const options = { now: () => now };
    const changes = normalise(detail).map((finding) =>
      toTicketChange(finding, 'salesforce', config, options),
    );
    expect(changes).toMatchObject([
      {
        change: {
          ticket: `salesforce/${id}`,
          link: {
            type: 'Referenced',
            url: `https://acme.lightning.force.com/lightning/r/Case/${id}/view`,
            title: `Ticket ${id}`,
          },
          correlation: { callSid },
        },
      },
    ]);
  });
});
