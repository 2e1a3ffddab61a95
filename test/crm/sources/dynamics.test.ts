import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dynamics } from '../../../shared/crm/sources/dynamics.ts';
import { callSid, conversationSid, fixture, noSids, taskSid } from '../../crm-change/webhook.ts';

const id = '9f1c7a52-3b8e-ed11-81ad-000d3a5a54dc';
const sidColumn = 'new_twiliosid';
const normalise = (payload: unknown, settings: object = { sidColumn }) =>
  dynamics.normalise(payload, settings);

type Fields = Readonly<Record<string, unknown>>;
const message = (name: string, changes: Fields = {}): Fields => ({
  ...JSON.parse(fixture(`dynamics/${name}.json`)),
  ...changes,
});

const pairs = (columns: Fields) => Object.entries(columns).map(([key, value]) => ({ key, value }));
const saved = (columns: Fields) => [{ key: 'Target', value: { Attributes: pairs(columns) } }];
const image = (columns: Fields) => ({ key: 'before', value: { Attributes: pairs(columns) } });

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

  it('keeps the order of two saves, for any clock of the server', () => {
    const hour = 60 * 60_000;
    const written = (at: number, hoursBehind: number) =>
      versionOf(`/Date(${at + hoursBehind * hour}-0${hoursBehind}00)/`)[0]?.[1] ?? 0;
    const at = Date.parse('2026-03-08T09:59:00Z');
    expect(Number(written(at + 2 * 60_000, 7))).toBeGreaterThan(Number(written(at, 8)));
    const autumn = Date.parse('2026-11-01T08:59:00Z');
    expect(Number(written(autumn + 2 * 60_000, 8))).toBeGreaterThan(Number(written(autumn, 7)));
  });
});

describe('a message of Dataverse', () => {
  it('gets its one more try when our side fails, and a success when there is nothing to do', () => {
    expect([502, 503, 504]).toContain(dynamics.statusOf.unavailable);
    for (const status of [dynamics.statusOf.accepted, dynamics.statusOf.ignored]) {
      expect(Math.floor(status / 100)).toBe(2);
    }
  });

  it('has the id of its case in small letters', () => {
    const PrimaryEntityId = id.toUpperCase();
    expect(normalise(message('update', { PrimaryEntityId }))).toEqual(normalise(message('update')));
  });
});

describe('the conversation of a case', () => {
  const update = (columns: Fields, images: readonly object[]) =>
    normalise(message('update', { InputParameters: saved(columns), PreEntityImages: [...images] }));
  const had = (value: unknown) => [image({ incidentid: id, [sidColumn]: value })];

  it('does not depend on any other column, nor on another parameter', () => {
    const anything = fc.dictionary(fc.string(), fc.jsonValue()).map((columns) => {
      const { [sidColumn]: _, ...others } = columns;
      return others;
    });
    fc.assert(
      fc.property(anything, anything, (columns, parameters) => {
        const { Target: _, ...others } = parameters;
        const payload = message('update', {
          InputParameters: [...pairs(others), ...saved({ ...columns, [sidColumn]: taskSid })],
          PreEntityImages: [image({ ...columns, [sidColumn]: callSid })],
          PostEntityImages: [image({ ...columns, [sidColumn]: conversationSid })],
          ParentContext: columns,
        });
        expect(normalise(payload)).toEqual(update({ [sidColumn]: taskSid }, had(callSid)));
      }),
    );
  });
});

describe('a message that Dataverse cut for its size', () => {
  const cut = ['ParentContext', 'InputParameters', 'PreEntityImages', 'PostEntityImages'];
  const without = (name: string, value: unknown): Fields =>
    message(name, Object.fromEntries(cut.map((field) => [field, value])));

  it.each([
    ['create', 'present'],
    ['update', 'present'],
    ['update_sid', 'present'],
    ['update_sid_emptied', 'present'],
    ['delete', 'removed'],
  ])('%s still says that its case is %s, and names no conversation', (name, kind) => {
    for (const value of [undefined, null, []]) {
      expect(normalise(without(name, value))).toMatchObject([{ kind, id, sids: noSids }]);
    }
  });

  it('moves a case only if it still has the value of the column', () => {
    const names = ['create', 'update', 'update_sid', 'update_sid_emptied'];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.subarray(cut), (name, fewer) => {
        const payload = message(name, Object.fromEntries(fewer.map((field) => [field, null])));
        const [left] = normalise(payload);
        const isTold = name !== 'update' && !fewer.includes('InputParameters');
        const isInImage = !['create', 'update_sid_without_image'].includes(name);
        const isKnown = isTold || (isInImage && !fewer.includes('PreEntityImages'));
        const isMoved =
          isTold && name.startsWith('update_sid') && !fewer.includes('PreEntityImages');
        expect(left).toMatchObject({ kind: isMoved ? 'removed' : 'present' });
        expect(normalise(payload).at(-1)).toEqual(
          isKnown
            ? expect.objectContaining({ exclusive: true })
            : expect.not.objectContaining({ exclusive: true }),
        );
      }),
    );
  });
});
