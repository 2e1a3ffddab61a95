import * as z from 'zod';
import type { StackLogLine } from '../stack-options.ts';

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]).default([]);

/** The fields of a log line that are shown. Metrics are lines too, and have no message. */
const LogLine = z.object({
  level: z.string(),
  message: z.string(),
  outcome: z.string().optional(),
  source: z.string().optional(),
  status: z.number().optional(),
  ticket: texts,
  tickets: texts,
  taskSid: texts,
  tasks: texts,
  reconcile: z.string().optional(),
  recheckRound: z.number().optional(),
  reason: z.string().optional(),
  reasons: texts,
  fields: texts,
  detail: z.string().optional(),
  /** How many records of a batch are retried, by reason. */
  retries: z
    .record(z.string(), z.number())
    .transform((counts) => Object.entries(counts).map(([reason, count]) => `${count} ${reason}`))
    .default([]),
  circuit: z.string().optional(),
  openSeconds: z.number().optional(),
  disposition: z.string().optional(),
  tries: z.number().optional(),
  twilioCalls: z.number().optional(),
  lagMs: z.number().optional(),
  error: z
    .union([
      z.string(),
      z
        .object({ name: z.string(), message: z.string() })
        .transform((e) => `${e.name}: ${e.message}`),
    ])
    .optional(),
});

type LogLine = z.infer<typeof LogLine>;

/**
 * A log line of the stack as text for a person: the outcome of a webhook or a message, or a problem.
 * Undefined for metrics.
 */
export function formatLogLine({ from, text }: StackLogLine, at: Date): string | undefined {
  const json = tryParseJson(text);
  const logged = LogLine.safeParse(json);
  if (!logged.success && typeof json === 'object') return undefined;
  const words = logged.success ? lineParts(logged.data) : [text];
  const line = [
    at.toTimeString().slice(0, 8),
    from.padEnd(12),
    ...words.filter((word) => word !== undefined && word !== ''),
  ].join('  ');
  return line.replaceAll(/[\r\n]+/g, ' ');
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lineParts(logged: LogLine): (string | undefined)[] {
  const { outcome, tries = 1, twilioCalls, lagMs, disposition } = logged;
  return [
    outcome ?? `${logged.level} ${logged.message}`,
    logged.status?.toString(),
    logged.source,
    ...logged.ticket,
    ...logged.tickets,
    logged.reconcile === undefined ? undefined : `reconcile by ${logged.reconcile}`,
    logged.recheckRound === undefined ? undefined : `recheck ${logged.recheckRound}`,
    ...logged.taskSid,
    ...logged.tasks,
    logged.reason,
    logged.detail,
    ...logged.retries,
    logged.circuit,
    logged.openSeconds === undefined ? undefined : `for ${logged.openSeconds} s`,
    ...logged.reasons,
    ...logged.fields,
    logged.error,
    disposition === undefined || disposition === 'acknowledge' ? undefined : `-> ${disposition}`,
    tries > 1 ? `try ${tries}` : undefined,
    twilioCalls === undefined ? undefined : `${twilioCalls} calls`,
    lagMs === undefined ? undefined : `${(lagMs / 1000).toFixed(1)} s after the change`,
  ];
}
