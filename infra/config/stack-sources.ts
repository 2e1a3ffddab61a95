import * as z from 'zod';
import { SourceName } from '../../shared/message/ticket-change.ts';
import { removeCommand } from './commands.ts';
import { plainWords } from './plain-words.ts';
import { sourcesWithSecrets } from './sources.ts';
import { longestPrefix } from './stack-name.ts';
import { StackSource } from './stack-source.ts';

interface Complaint {
  readonly code: 'custom';
  readonly path: PropertyKey[];
  readonly message: string;
  readonly params?: { readonly command: string };
}

const complaint = (path: PropertyKey[], message: string, command?: string): Complaint => ({
  code: 'custom',
  path,
  message,
  ...(command !== undefined && { params: { command } }),
});

const badName = (name: string): readonly Complaint[] =>
  (SourceName.safeParse(name).error?.issues ?? []).map(({ message }) =>
    complaint([name], `the name ${message}`, removeCommand(['sources', name])),
  );

/** A partner event source has one bus, whose events go to one source. */
const sharedBuses = (given: Readonly<Record<string, unknown>>): readonly Complaint[] => {
  const takenBy = new Map<unknown, string>();
  return Object.entries(given).flatMap(([name, source]) => {
    const bus: unknown = Object(source)['partnerEventSource'];
    const other = takenBy.get(bus);
    if (bus !== undefined) takenBy.set(bus, other ?? name);
    if (other === undefined) return [];
    const message = `must not be that of sources.${other} as well: its bus belongs to one source`;
    return [complaint([name, 'partnerEventSource'], message)];
  });
};

/**
 * A function's environment holds 4 KB in all, measured as JSON; this leaves room for the rest of it.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const mostBytes = 3400;

/** As long as the name of a source's secret may come to be: the program's name for it, and what Pulumi adds. */
const longestSecretName = (source: string): string =>
  'x'.repeat(longestPrefix + `-source-${source}-0a1b2c3`.length);

const tooLong = (sources: Readonly<Record<string, StackSource>>): readonly Complaint[] => {
  const names = Object.keys(sources).map((source) => [source, longestSecretName(source)]);
  const text = JSON.stringify(sourcesWithSecrets(sources, Object.fromEntries(names)));
  const bytes = Buffer.byteLength(JSON.stringify(text));
  if (bytes <= mostBytes) return [];
  const message = `take ${bytes} bytes as JSON, and a function's environment has room for ${mostBytes}: shorten them, or put some on a stack of their own`;
  return [complaint([], message, 'pulumi config rm --path sources.<name>')];
};

const none = complaint(
  [],
  'must hold a source at least',
  'pulumi config set --path sources.<name>.kind <kind>',
);

/** All sources, by name. What is wrong with one hides nothing that is wrong with the others. */
export const StackSources = z
  .record(z.string(), z.unknown(), 'must hold each source by its name')
  .transform((given, context): Readonly<Record<string, StackSource>> => {
    const right: Record<string, StackSource> = {};
    const found: (Complaint | z.core.$ZodIssue)[] = [];
    for (const [name, value] of Object.entries(given)) {
      const source = StackSource.safeParse(value, { error: plainWords });
      if (source.success) right[name] = source.data;
      const issues = source.error?.issues ?? [];
      found.push(
        ...badName(name),
        ...issues.map((issue) => ({ ...issue, path: [name, ...issue.path] })),
      );
    }
    if (Object.keys(given).length === 0) found.push(none);
    found.push(...sharedBuses(given), ...tooLong(right));
    for (const issue of found) context.addIssue({ ...issue });
    return found.length === 0 ? right : z.NEVER;
  })
  .meta({
    description:
      "The CRMs, each by a name of yours: the last part of its webhook's URL, lower-case letters, digits and hyphens, 32 at most. All of them share a function's environment, which has room for about ten.",
  });
