const maxEntries = 10;

/**
 * Somewhat less than the 1 MiB that SQS allows for one request, so that attributes find room. Source:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
const maxBytes = 960 * 1024;

/** Cuts entries into runs that one SQS batch request may hold; an entry that is larger goes alone. */
export const toBatches = <Entry>(
  entries: readonly Entry[],
  bytesOf: (entry: Entry) => number = () => 0,
): Entry[][] => {
  const batches: Entry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const last = batches.at(-1);
    const size = bytesOf(entry);
    if (last !== undefined && last.length < maxEntries && bytes + size <= maxBytes) {
      last.push(entry);
      bytes += size;
    } else {
      batches.push([entry]);
      bytes = size;
    }
  }
  return batches;
};
