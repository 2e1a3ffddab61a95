import { describe, expect, it } from 'vitest';
import { dynamics } from '../../../shared/crm/sources/dynamics.ts';
import { fixture, noSids } from '../../crm-change/webhook.ts';

const id = '9f1c7a52-3b8e-ed11-81ad-000d3a5a54dc';
const normalise = (payload: unknown) => dynamics.normalise(payload, { sidColumn: 'new_twiliosid' });

type Fields = Readonly<Record<string, unknown>>;
const message = (name: string, changes: Fields = {}): Fields => ({
  ...JSON.parse(fixture(`dynamics/${name}.json`)),
  ...changes,
});

describe('the time of a Dataverse message', () => {
  const versionOf = (OperationCreatedOn: unknown) =>
    normalise(message('update', { OperationCreatedOn })).map((found) =>
      'version' in found ? [found.version, found.occurredAt] : [],
    );

  it.each([
    ['/Date(1795339861000)/', 1795339861000],
    ['/Date(1795339861000+0000)/', 1795339861000],
    ['/Date(1795339861123-0000)/', 1795339861123],
    ['/Date(1795339861000+0530)/', 1795359661000],
  ])('%s is read', (written, ms) => {
    expect(versionOf(written)).toEqual([[String(ms), ms]]);
  });

  it("is one second after the save in Microsoft's own example, and not seven hours", () => {
    const modifiedOn = 1506384247000;
    expect(versionOf('/Date(1506409448000-0700)/')).toEqual([
      [String(modifiedOn + 1000), modifiedOn + 1000],
    ]);
  });
});

it('a message of Dataverse gets its one more try when our side fails', () => {
  expect([502, 503, 504]).toContain(dynamics.statusOf.unavailable);
});

const cut = ['ParentContext', 'InputParameters', 'PreEntityImages', 'PostEntityImages'];
const without = (name: string, value: unknown): Fields =>
  message(name, Object.fromEntries(cut.map((field) => [field, value])));

it.each([
  ['create', 'present'],
  ['update', 'present'],
  ['update_sid', 'present'],
  ['update_sid_emptied', 'present'],
  ['delete', 'removed'],
])(
  'a message that Dataverse cut for its size %s still says that its case is %s, and has no SID',
  (name, kind) => {
    for (const value of [undefined, null, []]) {
      expect(normalise(without(name, value))).toMatchObject([{ kind, id, sids: noSids }]);
    }
  },
);
