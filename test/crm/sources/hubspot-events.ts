import { hubspot } from '../../../shared/crm/sources/hubspot.ts';
import { HttpError } from '../../../shared/http/errors.ts';
import { fixture } from '../../crm-change/webhook.ts';

export const portalId = '62515';
export const id = '2874651930';
export const settings = { portalId, sidProperty: 'twilio_sid' };
export const normalise = (payload: unknown, changes: object = {}) =>
  hubspot.normalise(payload, { ...settings, ...changes });

export type Fields = Readonly<Record<string, unknown>>;
export const event = (name: string, changes: Fields = {}): Fields => ({
  ...JSON.parse(fixture(`hubspot/${name}.json`))[0],
  ...changes,
});
export const read = (name: string, changes: Fields = {}) => normalise([event(name, changes)]);
export const problems = (payload: unknown) => {
  try {
    return normalise(payload).flatMap((found) => (found.kind === 'invalid' ? found.problems : []));
  } catch (error) {
    if (error instanceof HttpError) return error.problems;
    throw error;
  }
};
export const fields = (payload: unknown) => problems(payload).map(({ field }) => field);
export const now = 1795340000123;
