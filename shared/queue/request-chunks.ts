const maximumEntries = 10;

/**
 * Somewhat less than the 1 MiB that SQS allows for one request, so that attributes find room. Source:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
const maximumBytes = 960 * 1024;

/** Cuts entries into runs that one SQS batch request may hold; an entry that is larger goes alone. */
export const requestChunks = <Entry>(
  entries: readonly Entry[],
  bytesOf: (entry: Entry) => number = () => 0,
): Entry[][] => {
  const chunks: Entry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const last = chunks.at(-1);
    const size = bytesOf(entry);
    if (last !== undefined && last.length < maximumEntries && bytes + size <= maximumBytes) {
      last.push(entry);
      bytes += size;
    } else {
      chunks.push([entry]);
      bytes = size;
    }
  }
  return chunks;
};
