import { describe, expect, it } from 'vitest';
import { failedMessageIds } from '../../../local/aws/event-source-mapping.ts';

const batch = new Set(['a', 'b', 'c']);
const failing = (...ids: unknown[]) => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
});

describe('a partial batch response', () => {
  it.each([
    ['null', null],
    ['nothing', undefined],
    ['an empty object', {}],
    ['a null list', { batchItemFailures: null }],
    ['an empty list', { batchItemFailures: [] }],
  ])('is a complete success when it is %s', (_, response) => {
    expect(failedMessageIds(response, batch)).toEqual(new Set());
  });

  it('fails exactly the messages that it names', () => {
    expect(failedMessageIds(failing('a', 'c', 'a'), batch)).toEqual(new Set(['a', 'c']));
  });

  it.each([
    ['an empty id', failing('a', '')],
    ['a null id', failing('a', null)],
    ['an id that is a number', failing(1)],
    ['the id of no message of the batch', failing('a', 'z')],
    ['a wrong key', { batchItemFailures: [{ messageId: 'a' }] }],
    ['a bare id', { batchItemFailures: ['a'] }],
    ['no list', { batchItemFailures: 'a' }],
  ])('fails the whole batch when it holds %s', (_, response) => {
    expect(failedMessageIds(response, batch)).toEqual(batch);
  });
});
