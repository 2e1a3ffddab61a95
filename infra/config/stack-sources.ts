import * as z from 'zod';
import { SourceName } from '../../shared/message/ticket-change.ts';
import { removeCommand } from './commands.ts';
import { errorMessages } from './plain-words.ts';
import { withSecretNames } from './sources.ts';
import { maxPrefixLength } from './stack-name.ts';
import { StackSource } from './stack-source.ts';

interface SourceIssue {
  readonly code: 'custom';
  readonly path: PropertyKey[];
  readonly message: string;
  readonly params?: { readonly command: string };
}

const sourceIssue = (path: PropertyKey[], message: string, command?: string): SourceIssue => ({
  code: 'custom',
  path,
  message,
  ...(command !== undefined && { params: { command } }),
});

const nameIssues = (name: string): readonly SourceIssue[] =>
  (SourceName.safeParse(name).error?.issues ?? []).map(({ message }) =>
    sourceIssue([name], `the name ${message}`, removeCommand(['sources', name])),
  );

/** A partner event source has one bus, whose events go to one source. */
const sharedBusIssues = (given: Readonly<Record<string, unknown>>): readonly SourceIssue[] => {
  const ownerOfBus = new Map<unknown, string>();
  return Object.entries(given).flatMap(([name, source]) => {
    const bus: unknown = Object(source)['partnerEventSource'];
    const other = ownerOfBus.get(bus);
    if (bus !== undefined) ownerOfBus.set(bus, other ?? name);
    if (other === undefined) return [];
    const message = `must not be that of sources.${other} as well: its bus belongs to one source`;
    return [sourceIssue([name, 'partnerEventSource'], message)];
  });
};

/**
 * A function's environment holds 4 KB in all, measured as JSON; this leaves room for the rest of it.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const maxSourceBytes = 3400;

/** As long as the name of a source's secret may come to be: the program's name for it, and what Pulumi adds. */
const longestSecretName = (source: string): string =>
  'x'.repeat(maxPrefixLength + `-source-${source}-0a1b2c3`.length);

const sizeIssues = (sources: Readonly<Record<string, StackSource>>): readonly SourceIssue[] => {
  const names = Object.keys(sources).map((source) => [source, longestSecretName(source)]);
  const text = JSON.stringify(withSecretNames(sources, Object.fromEntries(names)));
  const bytes = Buffer.byteLength(JSON.stringify(text));
  if (bytes <= maxSourceBytes) return [];
  const message = `take ${bytes} bytes as JSON, and a function's environment has room for ${maxSourceBytes}: shorten them, or put some on a stack of their own`;
  return [sourceIssue([], message, 'pulumi config rm --path sources.<name>')];
};

const noSourceIssue = sourceIssue(
  [],
  'must hold a source at least',
  'pulumi config set --path sources.<name>.kind <kind>',
);

/** All sources, by name. What is wrong with one hides nothing that is wrong with the others. */
export const StackSources = z
  .record(z.string(), z.unknown(), 'must hold each source by its name')
  .transform((given, context): Readonly<Record<string, StackSource>> => {
    const valid: Record<string, StackSource> = {};
    const allIssues: (SourceIssue | z.core.$ZodIssue)[] = [];
    for (const [name, value] of Object.entries(given)) {
      const source = StackSource.safeParse(value, { error: errorMessages });
      if (source.success) valid[name] = source.data;
      const issues = source.error?.issues ?? [];
      allIssues.push(
        ...nameIssues(name),
        ...issues.map((issue) => ({ ...issue, path: [name, ...issue.path] })),
      );
    }
    if (Object.keys(given).length === 0) allIssues.push(noSourceIssue);
    allIssues.push(...sharedBusIssues(given), ...sizeIssues(valid));
    for (const issue of allIssues) context.addIssue({ ...issue });
    return allIssues.length === 0 ? valid : z.NEVER;
  })
  .meta({
    description:
      "The CRMs, each by a name of yours: the last part of its webhook's URL, lower-case letters, digits and hyphens, 32 at most. All of them share a function's environment, which has room for about ten.",
  });
