import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { payloadWith } from '../../fixtures/payload-with.ts';
import { requireTicketKey } from '../../ops/deployment/deployment.ts';
import { SalesforceId, type TicketIdSource, ticketIdOf } from '../../shared/crm/ticket-ids.ts';
import { countInvalidIds, ticketIdOnTask } from '../../shared/crm/tickets-on-task.ts';
import { parseJson } from '../../shared/json.ts';
import { parseAttributes } from '../../shared/media/attributes.ts';
import { type TicketAttribute, TicketId } from '../../shared/messages/ticket-change.ts';
import { criteriaByKind, matches } from '../../shared/taskrouter/criteria.ts';
import { anyCharacter } from '../property-runs.ts';
import { sources } from './contract/sources.ts';
import { problemsOf } from './problems.ts';

const guid = '7f3c5d1e-0c6f-ee11-9ae7-000d3a1b2c3d';
const sysId = '9d385017c611228701d22104cc95c371';
const caseId = '500x000000003TRAAY';
const emptyGuid = guid.replaceAll(/\w/g, '0');

interface ShapeCase {
  readonly kind: string;
  readonly settings?: Omit<TicketIdSource, 'kind'>;
  /** A payload, and the path of its id there. */
  readonly at?: readonly [file: string, path: string];
  readonly id: string;
  readonly forms: readonly string[];
  /** What another source may have as an id. */
  readonly others: readonly string[];
}

const digits = { id: '4711', forms: ['4711', '4711.0', '4711.00'], others: ['04711', '+4', ' 7 '] };
const cases = {
  id: caseId,
  forms: [caseId, '500x000000003TR', ` ${caseId}\n`],
  others: ['003x000000003TR', '500X000000003TRAAY', `${caseId}0`],
};
const key = { id: 'SUP-42', forms: ['SUP-42', 'sup-42', 'Sup-42'] };
const number = { id: 'INC0010001', forms: ['INC0010001', 'inc0010001'] };
const braced = [`{${guid}}`, ` {${guid.toUpperCase()}}\n`];
const hexadecimal = guid.replaceAll('-', '');

const shapes: readonly ShapeCase[] = [
  { kind: 'zendesk', at: ['created', 'detail.id'], ...digits },
  { kind: 'hubspot', at: ['creation', '0.objectId'], ...digits },
  { kind: 'intercom', at: ['ticket_created', 'data.item.id'], ...digits },
  { kind: 'jira', at: ['created', 'issue.key'], ...key, others: ['4711', 'SUP', 'SUP-0', 'ſUP-4'] },
  {
    kind: 'servicenow',
    at: ['inserted', 'sys_id'],
    id: sysId,
    forms: [sysId, sysId.toUpperCase()],
    others: ['INC0010001', guid, '4711'],
  },
  {
    kind: 'servicenow',
    settings: { ticketId: 'number' },
    at: ['inserted', 'number'],
    ...number,
    others: [sysId, '0010001'],
  },
  {
    kind: 'dynamics',
    at: ['create', 'PrimaryEntityId'],
    id: guid,
    forms: [guid, guid.toUpperCase(), ...braced],
    others: [`{${guid}`, `${guid}}`, `{{${guid}}}`, hexadecimal, emptyGuid],
  },
  { kind: 'salesforce', at: ['created', 'payload.ChangeEventHeader.recordIds.0'], ...cases },
  { kind: 'salesforce-outbound', ...cases },
  {
    kind: 'standard-webhooks',
    at: ['created', 'data.id'],
    id: 'aB.c~d_1-2',
    forms: ['aB.c~d_1-2'],
    others: ['New', emptyGuid, 'x'.repeat(65), '-1.5', '0.0', ' 7 '],
  },
  {
    kind: 'standard-webhooks',
    settings: { idPattern: '[a-z]+|[0-9]{4}' },
    at: ['created', 'data.id'],
    ...digits,
    others: ['4711a', '471', 'A', 'a.0'],
  },
];

/** What stands in an attribute for want of an id, or by mistake. */
const noIds = [
  ...['undefined', 'null', 'None', 'NaN', '0', '-1', '4711.5', 'Jane Doe', '078-05-1120', '..'],
  ...['{{ticket.id}}', '{4711}', '[object Object]', '../admin'],
];

const searchedFor = (attribute: TicketAttribute) =>
  criteriaByKind({ ticket: 'crm/1', link: null, exclusive: true, correlation: { attribute } })
    .attribute;

describe.each(shapes)('an id of $kind $settings', ({ kind, settings, at, id, forms, others }) => {
  const found = sources.find((source) => source.kind === kind);
  if (found === undefined) throw new Error(`there is no kind ${kind}`);
  const config = { ...found.config, taskAttribute: 'a.ticket', ...settings };
  const onTask = (attributes: string) => {
    const parsed = parseAttributes(attributes);
    return [ticketIdOnTask(parsed, config), countInvalidIds({ crm: config })(parsed)];
  };
  const inPayload = ([file, path]: readonly [string, string], value: unknown) =>
    found.source.normalise(payloadWith(kind, file, { [path]: value }), config);
  const problemsIn = (path: readonly [string, string], value: unknown) => {
    const problems = problemsOf(() => inPayload(path, value));
    return problems === 'none' ? inPayload(path, value) : problems;
  };
  const inOps = (text: string) => requireTicketKey(`crm/${text}`, { crm: config });

  it.each(forms)('may be %j on a Task, in a payload, in a search and on a command line', (form) => {
    expect(onTask(JSON.stringify({ a: { ticket: form } }))).toEqual([id, 0]);
    if (at !== undefined) expect(inPayload(at, form)).toMatchObject([{ id }]);
    const criteria = searchedFor({ name: 'a', value: id, kind });
    expect(criteria.some((criterion) => matches({ a: form }, criterion))).toBe(true);
    expect(inOps(form)).toBe(`crm/${id}`);
  });

  it.each([...noIds, ...others])('is not %j, and no answer quotes it', (text) => {
    expect(onTask(JSON.stringify({ a: { ticket: text } }))).toEqual([undefined, 1]);
    expect(() => inOps(text)).toThrow('The ticket id is not valid for crm.');
    if (at === undefined) return;
    const problems = problemsIn(at, text);
    expect(JSON.stringify(problems)).toMatch(/"problem":"must (be|match) /);
    expect(problems).toEqual(problemsIn(at, 'Jane Doe'));
  });

  it('is none of an attribute that is absent or empty', () => {
    for (const text of ['{}', '{"a":null}', '{"a":{"ticket":null}}', '{"a":{"ticket":" "}}']) {
      expect(onTask(text)).toEqual([undefined, 0]);
    }
  });

  it('is the same after it is normalised again, for any text', () => {
    const texts = fc.oneof(
      fc.constantFrom(...noIds, ...forms, ...others),
      fc.stringMatching(/^ ?\{?[A-Za-z]{0,4}-?[0-9]{0,4}(\.[05]+)?(e-?[1-9])?\}? ?$/),
      fc.string({ unit: anyCharacter, maxLength: 80 }),
      fc.double().map(String),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const id = ticketIdOf(text, config);
        if (id === undefined) return;
        expect(TicketId.safeParse(id).success).toBe(true);
        expect(ticketIdOf(id, config)).toBe(id);
        const criterion = { attribute: 'a', match: 'equal', value: id, kind } as const;
        expect(matches({ a: text }, criterion)).toBe(true);
      }),
    );
  });
});

it.each([
  ['4711', '4711'],
  ['4711.0', '4711'],
  ['12345678901234567890', '12345678901234567890'],
  ['4711.5', undefined],
  ['4.711e3', undefined],
  ['-4711', undefined],
  ['0', undefined],
])('the JSON number %s on a Task names the ticket %s', (number, id) => {
  const attributes = parseJson(`{"a":${number}}`) as Parameters<typeof ticketIdOnTask>[0];
  for (const kind of ['zendesk', 'standard-webhooks', 'a kind of your own']) {
    expect(ticketIdOnTask(attributes, { kind, taskAttribute: 'a' })).toBe(id);
  }
});

it('is searched for in the forms that Tasks are likely to hold', () => {
  const searched = (value: string, kind: string) =>
    searchedFor({ name: 'a', value, kind }).map((criterion) => criterion.value);
  expect(searched(guid, 'dynamics')).toEqual([guid, guid.toUpperCase()]);
  expect(searched('SUP-42', 'jira')).toEqual(['SUP-42', 'sup-42']);
  expect(searched(caseId, 'salesforce')).toEqual([caseId, '500x000000003TR']);
  expect(searched('4711', 'zendesk')).toEqual(['4711']);
});

const read = (id: unknown) => SalesforceId.safeParse(id).data;

describe('an id of Salesforce', () => {
  // Of events and examples that others have published.
  it.each([
    ...['50025000009vJE9AAM', '5007000000OFL5FAAX', '500x000000003TRAAY', '0054J000000g1dGQAQ'],
    ...['0012500001DNi0FAAT', '00D20000000nq5gEAA', '00D9E0000004jvhUAA', '0YLQv00000000zJOAQ'],
    ...['0YLUD00000008Ll4AI', '00D5f000005KcCnEAK', '0015f00002JUZPcAAP', '003ak00000IiFInAAN'],
    ...['001bm000016htgPAAQ', 'a0D30000001n7PiEAI', '0019000000B98deAAB', '000000000000000AAA'],
  ])('%s is the same with 15 characters', (id) => {
    expect(read(id)).toBe(id);
    expect(read(id.slice(0, 15))).toBe(id);
  });

  it('with other capitals is another', () => {
    expect(read('500x000000003tr')).toBe('500x000000003trAAA');
    expect(read('500X000000003TR')).toBe('500X000000003TRIAY');
  });

  it('has three characters at its end that encode its capitals', () => {
    const letters = fc.array(fc.boolean(), { minLength: 15, maxLength: 15 });
    const withCapitals = (places: readonly boolean[]) =>
      places.map((isCapital) => (isCapital ? 'A' : 'a')).join('');
    fc.assert(
      fc.property(letters, letters, (one, other) => {
        const [a, b] = [withCapitals(one), withCapitals(other)];
        expect(read(a)?.slice(15) === read(b)?.slice(15)).toBe(a === b);
        expect(read(read(a))).toBe(read(a));
      }),
    );
  });

  it.each([
    ['with a last letter that does not fit', '50025000009vJE9AAN'],
    ['in capitals', '50025000009VJE9AAM'],
    ['in small letters', '50025000009vje9aam'],
    ['of 14 characters', '50025000009vJE'],
    ['of 16 characters', '50025000009vJE9A'],
    ['of 19 characters', '50025000009vJE9AAM0'],
    ['with a sign', '5002500000/vJE9'],
    ['with a space around it', ' 50025000009vJE9'],
    ['with a line end', '50025000009vJE9\n'],
    ['with letters of another script', '5002500000９vJE9'],
    ['that is a wildcard', '500*'],
    ['that is empty', ''],
    ['that is a number', 500250000090009],
    ['that is nothing', null],
  ])('is not one %s', (_what, id) => {
    expect(read(id)).toBeUndefined();
  });
});
