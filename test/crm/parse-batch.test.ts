import { describe, expect, it } from 'vitest';
import { parseBatch } from '../../shared/crm/changes.ts';
import { HttpError } from '../../shared/http/errors.ts';

const ignored = { kind: 'ignored', reason: 'of no interest' } as const;
const refuse = (...fields: string[]) => {
  const problems = fields.map((field) => ({ field, problem: 'is wrong' }));
  throw new HttpError('invalid', 'no', problems);
};

describe('the events of a batch', () => {
  it('are read one by one, and an unreadable one is named by its place', () => {
    const read = (event: unknown) => (event === 'bad' ? refuse('a.b', 'body') : [ignored]);
    expect(parseBatch(['good', 'bad', 'good'], read)).toEqual([
      ignored,
      {
        kind: 'invalid',
        problems: [
          { field: '[1].a.b', problem: 'is wrong' },
          { field: '[1]', problem: 'is wrong' },
        ],
      },
      ignored,
    ]);
    expect(parseBatch(['bad'], () => refuse('x'), 'list')).toMatchObject([
      { problems: [{ field: 'list[0].x' }] },
    ]);
  });

  it('give several findings each, or none', () => {
    expect(parseBatch([2, 0, 1], (event) => Array(Number(event)).fill(ignored))).toHaveLength(3);
  });

  it('do not hide a fault of ours', () => {
    const read = () => {
      throw new TypeError('ours');
    };
    expect(() => parseBatch([1], read)).toThrow(TypeError);
  });
});
