import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { toBatches } from '../../shared/aws/sqs.ts';

it('cuts any messages into requests that SQS takes, in order and with none left out', () => {
  const sizes = fc.array(fc.oneof(fc.nat(2_000), fc.nat(1_048_576)), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, (entries) => {
      const chunks = toBatches(entries, (size) => size);
      expect(chunks.flat()).toEqual(entries);
      for (const each of chunks) {
        expect(each.length).toBeLessThanOrEqual(10);
        const bytes = each.reduce((sum, size) => sum + size, 0);
        expect(each.length === 1 || bytes <= 1_000_000).toBe(true);
      }
    }),
  );
});
