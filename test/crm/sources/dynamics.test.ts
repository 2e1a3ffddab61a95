import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceConfig } from '../../../shared/crm/config.ts';
import { secretProblem } from '../../../shared/crm/signing/secret-problem.ts';
import { dynamics } from '../../../shared/crm/sources/dynamics.ts';
import { HttpError } from '../../../shared/http/errors.ts';
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
const problems = (payload: unknown, settings?: object) => {
  try {
    normalise(payload, settings);
  } catch (error) {
    if (error instanceof HttpError) return error.problems;
    throw error;
  }
  return [];
};
const fields = (payload: unknown, settings?: object) =>
  problems(payload, settings).map(({ field }) => field);

const pairs = (columns: Fields) => Object.entries(columns).map(([key, value]) => ({ key, value }));
const saved = (columns: Fields) => [{ key: 'Target', value: { Attributes: pairs(columns) } }];
const image = (columns: Fields) => ({ key: 'before', value: { Attributes: pairs(columns) } });

describe("Dataverse's key", () => {
  const key = 'k3y_of-the/webhook+1';
  const isGenuine = (headers: Readonly<Record<string, string>>, secrets = [key]) =>
    dynamics.authenticate(
      {
        method: 'POST',
        url: `https://api.example.com/webhooks/dynamics?code=${key}`,
        pathToken: key,
        headers: new Map(Object.entries(headers)),
        body: Buffer.from(`{"x-crm-media-sync-key":"${key}"}`),
      },
      secrets,
      0,
      {},
    );
  const header = 'x-crm-media-sync-key';

  it('is any of the secrets, letter for letter', () => {
    expect(isGenuine({ [header]: key })).toBe(true);
    expect(isGenuine({ [header]: key }, ['another', key])).toBe(true);
    expect(isGenuine({ [header]: key }, ['another'])).toBe(false);
    expect(isGenuine({ [header]: key }, [])).toBe(false);
  });

  it.each([
    '',
    key.toUpperCase(),
    key.slice(1),
    `${key} `,
    `${key},${key}`,
    `${key}, ${key}`,
    `Bearer ${key}`,
    Buffer.from(key).toString('base64'),
  ])('is not %j', (sent) => {
    expect(isGenuine({ [header]: sent })).toBe(false);
  });

  it('is in no other place', () => {
    expect(isGenuine({ authorization: key, 'x-functions-key': key })).toBe(false);
    expect(isGenuine({})).toBe(false);
  });

  it.each([
    'a key of many words',
    'one,two,three,four',
    'schlüssel-des-webhooks',
    'a-key\nof-many-lines',
  ])('cannot be %j, which no header carries as it is', (secret) => {
    expect(secretProblem(dynamics, secret)).toMatch(/header/);
  });

  it('cannot be the one of the documentation, and may be a random one', () => {
    expect(secretProblem(dynamics, '00000000-0000-0000-0000-000000000001')).toMatch(
      /documentation/,
    );
    expect(secretProblem(dynamics, Buffer.alloc(32, 251).toString('base64'))).toBeUndefined();
  });
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

  it('keeps the order of two saves, however the clocks of the server are put', () => {
    const hour = 60 * 60_000;
    const written = (at: number, hoursBehind: number) =>
      versionOf(`/Date(${at + hoursBehind * hour}-0${hoursBehind}00)/`)[0]?.[1] ?? 0;
    const at = Date.parse('2026-03-08T09:59:00Z');
    expect(Number(written(at + 2 * 60_000, 7))).toBeGreaterThan(Number(written(at, 8)));
    const autumn = Date.parse('2026-11-01T08:59:00Z');
    expect(Number(written(autumn + 2 * 60_000, 8))).toBeGreaterThan(Number(written(autumn, 7)));
  });

  it.each([
    undefined,
    null,
    1795339861000,
    '',
    '2026-11-22T09:31:01Z',
    '1795339861000',
    '/Date(-62135596800000)/',
    '/Date(0)/',
    '/Date(60000-0100)/',
    '/Date(1795339861000.5)/',
    '/Date(1795339861000+00:00)/',
    '/Date(1795339861000Z)/',
    '/Date()/',
    ' /Date(1795339861000)/',
    `/Date(${'9'.repeat(16)})/`,
  ])('is refused as %j', (written) => {
    expect(fields(message('update', { OperationCreatedOn: written }))).toEqual([
      'OperationCreatedOn',
    ]);
  });
});

describe('a message of Dataverse', () => {
  it('gets its one more try when our side fails, and a success when there is nothing to do', () => {
    expect([502, 503, 504]).toContain(dynamics.statusOf.unavailable);
    for (const status of [dynamics.statusOf.accepted, dynamics.statusOf.ignored]) {
      expect(Math.floor(status / 100)).toBe(2);
    }
  });

  it.each(['contact', 'account', 'Incident', 'incidentresolution', 'new_incident', ''])(
    'of the table %j is ignored, whatever else it holds',
    (PrimaryEntityName) => {
      expect(normalise({ PrimaryEntityName, MessageName: 'Delete' })).toEqual([
        { kind: 'ignored', reason: 'not a case' },
      ]);
    },
  );

  it.each(['Assign', 'SetState', 'Merge', 'Retrieve', 'update', 'constructor', ''])(
    'of the name %j is ignored, whatever else it holds',
    (MessageName) => {
      expect(normalise({ PrimaryEntityName: 'incident', MessageName })).toEqual([
        { kind: 'ignored', reason: 'not a creation, change or deletion' },
      ]);
    },
  );

  it('has the id of its case in small letters', () => {
    const PrimaryEntityId = id.toUpperCase();
    expect(normalise(message('update', { PrimaryEntityId }))).toEqual(normalise(message('update')));
  });

  it.each([
    ['no table', { PrimaryEntityName: undefined }, 'PrimaryEntityName'],
    ['no name', { MessageName: null }, 'MessageName'],
    ['no id', { PrimaryEntityId: undefined }, 'PrimaryEntityId'],
    ['an id in braces', { PrimaryEntityId: `{${id}}` }, 'PrimaryEntityId'],
    ['an id without hyphens', { PrimaryEntityId: id.replaceAll('-', '') }, 'PrimaryEntityId'],
    ['an id that is no GUID', { PrimaryEntityId: 'CAS-01004' }, 'PrimaryEntityId'],
    ['parameters that are no list', { InputParameters: {} }, 'InputParameters'],
    ['a parameter without a key', { InputParameters: [{ value: 1 }] }, 'InputParameters.0.key'],
    [
      'columns that are no list',
      { InputParameters: [{ key: 'Target', value: { Attributes: 'x' } }] },
      'Target.Attributes',
    ],
    ['a Target that is none', { InputParameters: [{ key: 'Target', value: 7 }] }, 'Target'],
    ['images that are no list', { PreEntityImages: {} }, 'PreEntityImages'],
    ['an image of nothing', { PreEntityImages: [{ key: 'x' }] }, 'PreEntityImages.0.value'],
  ])('with %s is refused by the name of the field', (_what, changes, field) => {
    expect(fields(message('update', changes))).toEqual([field]);
  });

  it('needs no columns where none is asked for', () => {
    const odd = { InputParameters: 7, PreEntityImages: 7, PostEntityImages: 7 };
    expect(normalise(message('update', odd), {})).toMatchObject([
      { kind: 'present', sids: noSids },
    ]);
  });

  it.each([[null], [[]], ['text'], [7], [{}]])('is not %j', (payload) => {
    expect(fields(payload)).not.toEqual([]);
  });

  it('is never quoted when it is refused', () => {
    const odd = { key: 'Target', value: { Attributes: [{ key: 7, value: 'Jane Doe' }] } };
    const payload = message('update', {
      PrimaryEntityId: 'Jane Doe',
      OperationCreatedOn: 'Jane Doe',
      InputParameters: [odd],
    });
    expect(JSON.stringify(problems(payload))).not.toMatch(/Jane/);
    const columns = message('update', { InputParameters: [odd] });
    expect(JSON.stringify(problems(columns))).not.toMatch(/Jane/);
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
    const present = [{ kind: 'present', id, version: now, sids, alone: true }];
    expect(update({ [sidColumn]: value }, had(value))).toMatchObject(present);
    expect(update({ [sidColumn]: value }, had(null))).toMatchObject(present);
    expect(update({}, had(value))).toMatchObject(present);
  });

  it('changes with the column: gone from the old one, and the new one wins', () => {
    expect(update({ [sidColumn]: taskSid }, had(callSid))).toMatchObject([
      { kind: 'removed', version: before, sids: { callSid }, moved: true },
      { kind: 'present', version: now, sids: { taskSid }, alone: true },
    ]);
  });

  it('is left when the SID is taken out; then only taskAttribute can name one', () => {
    for (const value of [null, '', 'n/a', 7, { Value: 1 }]) {
      expect(update({ [sidColumn]: value }, had(callSid))).toEqual([
        { ...told, kind: 'removed', version: before, sids: { callSid }, moved: true },
        { ...told, kind: 'present', version: now, sids: {}, alone: true },
      ]);
    }
  });

  it('is left wherever it was, where no image tells', () => {
    expect(update({ [sidColumn]: taskSid }, [])).toEqual([
      { ...told, kind: 'present', version: now, sids: { taskSid }, alone: true },
    ]);
    expect(update({ [sidColumn]: null }, [])).toEqual([
      { ...told, kind: 'present', version: now, sids: {}, alone: true },
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

  it('of a new case leaves no other', () => {
    expect(normalise(message('create'))).toMatchObject([{ kind: 'present', sids: { callSid } }]);
    const without = message('create', { InputParameters: saved({ [sidColumn]: null }) });
    expect(normalise(without)).toMatchObject([{ kind: 'present', sids: noSids }]);
  });

  it('of a deleted case is in the image, or in none', () => {
    expect(normalise(message('delete'))).toMatchObject([
      { kind: 'removed', sids: { callSid }, alone: true },
    ]);
    for (const PreEntityImages of [[], null, undefined]) {
      expect(normalise(message('delete', { PreEntityImages }))).toMatchObject([
        { kind: 'removed', id, sids: noSids, alone: true },
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
            ? expect.objectContaining({ alone: true })
            : expect.not.objectContaining({ alone: true }),
        );
      }),
    );
  });
});

describe('the id of a case on a Task', () => {
  it.each([
    ['as the messages have it', id],
    ['in capitals', id.toUpperCase()],
    ['in braces', `{${id}}`],
    ['with spaces around it', ` {${id.toUpperCase()}}\n`],
  ])('may be %s', (_how, value) => {
    expect(dynamics.ticketIdFromAttribute?.(value)).toBe(id);
  });

  it.each(['', '4711', `{${id}`, `${id}}`, `{{${id}}}`, id.replaceAll('-', '')])(
    'is not %j',
    (value) => {
      expect(dynamics.ticketIdFromAttribute?.(value)).toBeUndefined();
    },
  );
});

describe("the settings of Dynamics' source", () => {
  const base = {
    kind: 'dynamics',
    ticketUrl: 'https://acme.crm.dynamics.com/main.aspx?pagetype=entityrecord&etn=incident&id={id}',
    secret: 'x',
  };
  const wrong = (changes: object) =>
    SourceConfig.safeParse({ ...base, ...changes }).error?.issues.map(({ path }) => path.join('.'));

  it('may be a column', () => {
    expect(wrong({})).toBeUndefined();
    expect(wrong({ sidColumn })).toBeUndefined();
  });

  it.each(['', 'Twilio SID', 'new_TwilioSid', '_sid', 7])('refuse the column %j', (column) => {
    expect(wrong({ sidColumn: column })).toEqual(['sidColumn']);
  });
});
