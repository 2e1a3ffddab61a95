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

  it('keeps the order of two saves, however the clocks of the server are put', () => {
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

  it('needs no columns where none is asked for', () => {
    const odd = { InputParameters: 7, PreEntityImages: 7, PostEntityImages: 7 };
    expect(normalise(message('update', odd), {})).toMatchObject([
      { kind: 'present', sids: noSids },
    ]);
  });
});

describe('the conversation of a case', () => {
  const update = (columns: Fields, images: readonly object[]) =>
    normalise(message('update', { InputParameters: saved(columns), PreEntityImages: [...images] }));
  const had = (value: unknown) => [image({ incidentid: id, [sidColumn]: value })];
  const now = '1795339861000';
  const before = '1795339860999';
  const told = { id, occurredAt: 1795339861000 };

  it.each([
    ['a Task', { taskSid }, taskSid],
    ['a call', { callSid }, callSid],
    ['a conversation', { conversationSid }, ` ${conversationSid}\n`],
  ])('is %s', (_what, sids, value) => {
    const present = [{ kind: 'present', id, version: now, sids, exclusive: true }];
    expect(update({ [sidColumn]: value }, had(value))).toMatchObject(present);
    expect(update({ [sidColumn]: value }, had(null))).toMatchObject(present);
    expect(update({}, had(value))).toMatchObject(present);
  });

  it('changes with the column: gone from the old one, and the new one wins', () => {
    expect(update({ [sidColumn]: taskSid }, had(callSid))).toMatchObject([
      { kind: 'removed', version: before, sids: { callSid }, moved: true },
      { kind: 'present', version: now, sids: { taskSid }, exclusive: true },
    ]);
  });

  it('is left when the SID is taken out; then only taskAttribute can name one', () => {
    for (const value of [null, '', 'n/a', 7, { Value: 1 }]) {
      expect(update({ [sidColumn]: value }, had(callSid))).toEqual([
        { ...told, kind: 'removed', version: before, sids: { callSid }, moved: true },
        { ...told, kind: 'present', version: now, sids: {}, exclusive: true },
      ]);
    }
  });

  it('is left wherever it was, where no image tells', () => {
    expect(update({ [sidColumn]: taskSid }, [])).toEqual([
      { ...told, kind: 'present', version: now, sids: { taskSid }, exclusive: true },
    ]);
    expect(update({ [sidColumn]: null }, [])).toEqual([
      { ...told, kind: 'present', version: now, sids: {}, exclusive: true },
    ]);
  });

  it('is not left where an image says that there was none', () => {
    const empty = [image({ incidentid: id })];
    expect(update({ [sidColumn]: taskSid }, empty)).toMatchObject([
      { kind: 'present', sids: { taskSid } },
    ]);
    const without = [{ ...told, kind: 'present', version: now, sids: {} }];
    expect(update({ [sidColumn]: null }, empty)).toEqual(without);
    expect(update({}, empty)).toEqual(without);
  });

  it('may be in any of several images, whatever they are called', () => {
    const images = [image({ title: 'x' }), { ...image({ [sidColumn]: callSid }), key: '' }];
    for (const inOrder of [images, images.toReversed()]) {
      expect(update({ [sidColumn]: taskSid }, inOrder)).toMatchObject([
        { kind: 'removed', sids: { callSid } },
        { kind: 'present', sids: { taskSid } },
      ]);
    }
  });

  it('of a new case without a SID moves it from nowhere', () => {
    const without = message('create', { InputParameters: saved({ [sidColumn]: null }) });
    expect(normalise(without)).toEqual([expect.not.objectContaining({ exclusive: true })]);
  });

  it('of a deleted case is in the image, or in none', () => {
    expect(normalise(message('delete'))).toMatchObject([
      { kind: 'removed', sids: { callSid }, exclusive: true },
    ]);
    for (const PreEntityImages of [[], null, undefined]) {
      expect(normalise(message('delete', { PreEntityImages }))).toMatchObject([
        { kind: 'removed', id, sids: noSids, exclusive: true },
      ]);
    }
  });

  it('is in the one column that was set', () => {
    const present = [{ kind: 'present', sids: {} }];
    expect(update({ new_twilioSid: callSid, description: callSid }, [])).toMatchObject(present);
    expect(normalise(message('update_sid'), {})).toMatchObject(present);
    expect(normalise(message('update_sid'), { sidColumn: 'new_other' })).toMatchObject(present);
  });

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
  ])('%s still tells that its case is %s, and of no conversation', (name, kind) => {
    for (const value of [undefined, null, []]) {
      expect(normalise(without(name, value))).toMatchObject([{ kind, id, sids: noSids }]);
    }
  });

  it('moves a case only where it still tells what the column holds', () => {
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
