/**
 * Which messages of a batch failed, by what the function returned, as Lambda reads it with
 * `ReportBatchItemFailures`: nothing, or an empty list, is a complete success; an item without a
 * proper id, or with the id of no message of the batch, fails the batch as a whole.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export const failuresIn = (
  response: unknown,
  messageIds: ReadonlySet<string>,
): ReadonlySet<string> => {
  const failures = property(response, 'batchItemFailures');
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) return messageIds;
  const failed = new Set<string>();
  for (const failure of failures) {
    const id = property(failure, 'itemIdentifier');
    if (typeof id !== 'string' || !messageIds.has(id)) return messageIds;
    failed.add(id);
  }
  return failed;
};

const property = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
