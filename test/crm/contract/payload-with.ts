import { readPayload } from '../../../fixtures/load.ts';
import { parseJsonBody } from '../../../shared/http/request.ts';

/** Values by path, e.g. `issue.fields.updated`; undefined removes the field. */
export type Changes = Readonly<Record<string, unknown>>;

/** A JSON payload of a kind with other values in it. */
export const payloadWith = (kind: string, file: string, changes: Changes = {}): unknown => {
  const payload = parseJsonBody(readPayload(kind, `${file}.json`));
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const parent = keys.reduce<unknown>((at, key) => childOf(at, key, path), payload);
    if (typeof parent !== 'object' || parent === null) throw new Error(`${file} has no ${path}`);
    Object.assign(parent, { [last]: value });
    if (value === undefined) Reflect.deleteProperty(parent, last);
  }
  return payload;
};

const childOf = (parent: unknown, key: string, path: string): unknown => {
  if (typeof parent !== 'object' || parent === null || !(key in parent)) {
    throw new Error(`there is no ${path}`);
  }
  return Reflect.get(parent, key);
};
