import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hubspot } from '../../../shared/crm/sources/hubspot.ts';
import { fixture } from '../../crm-change/webhook.ts';
import { fieldsOf } from '../problems.ts';

const normalise = (payload: unknown, settings: object = {}) =>
  hubspot.normalise(payload, { portalId: '62515', sidProperty: 'twilio_sid', ...settings });

type Fields = Readonly<Record<string, unknown>>;
const event = (name: string, changes: Fields = {}): Fields => ({
  ...JSON.parse(fixture(`hubspot/${name}.json`))[0],
  ...changes,
});
const read = (name: string, changes: Fields = {}) => normalise([event(name, changes)]);

describe('a HubSpot event', () => {
  const actions = ['creation', 'restore', 'propertyChange', 'deletion', 'merge'];
  const generic = (action: string, objectTypeId: unknown = '0-5') =>
    read('merge', { subscriptionType: `object.${action}`, objectTypeId });

  it.each(actions)('%s of a ticket says the same in either form', (action) => {
    expect(generic(action)).toEqual(read('merge', { subscriptionType: `ticket.${action}` }));
    expect(generic(action).length).toBeGreaterThan(0);
  });

  it.each(['0-1', '0-2', '0-50', '2-3453932', 'ticket', ''])(
    'of an object of type %j is ignored',
    (type) => {
      for (const action of actions) {
        const ignored = [{ kind: 'ignored', reason: 'not a ticket event' }];
        expect(generic(action, type)).toEqual(ignored);
      }
    },
  );

  it('of each kind that our page subscribes to says something of the link', () => {
    const page = readFileSync(new URL('../../../docs/sources/hubspot.md', import.meta.url), 'utf8');
    const { config } = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
    const types: string[] = config.subscriptions.crmObjects.map(
      (one: { subscriptionType: string }) => one.subscriptionType,
    );
    expect(new Set(types).size).toBe(5);
    for (const subscriptionType of types) {
      const found = read('merge', { subscriptionType });
      expect(['present', 'removed']).toContain(found.at(-1)?.kind);
    }
  });

  it('of another portal is ignored, with any other fields', () => {
    const ignored = [{ kind: 'ignored', reason: 'another portal' }];
    expect(read('deletion', { portalId: 62516 })).toEqual(ignored);
    expect(read('deletion', { portalId: 6251, objectId: null })).toEqual(ignored);
    expect(normalise([event('deletion')], { portalId: '1' })).toEqual(ignored);
    expect(read('deletion', { portalId: '62515' })).toMatchObject([{ kind: 'removed' }]);
  });

  it('is refused if it is no event, by its place in the batch', () => {
    const places = ['[0]', '[1]', '[2]', '[3]', '[4].portalId', '[4].subscriptionType'];
    const problems = normalise([null, 7, 'x', [], {}]).flatMap((found) =>
      found.kind === 'invalid' ? found.problems : [],
    );
    expect(problems.map(({ field }) => field)).toEqual(places);
  });
});

it.each([[null], ['text'], [7], [{}], [event('creation')]])(
  'a batch of HubSpot is an array, and not %j',
  (payload) => {
    expect(fieldsOf(() => normalise(payload))).toEqual(['body']);
    expect(normalise([])).toEqual([]);
  },
);
