import { expect, it } from 'vitest';
import { parseBatch } from '../../shared/crm/changes.ts';

it('a fault of ours is not taken for an invalid event of a batch', () => {
  const read = () => {
    throw new TypeError('ours');
  };
  expect(() => parseBatch([1], read)).toThrow(TypeError);
});
