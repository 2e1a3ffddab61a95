import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Exit codes of the command line; scripts may rely on them. */
export const exitCodes = {
  /** Done, or nothing to do. */
  done: 0,
  failed: 1,
  wrongCommandLine: 2,
  /** Dry run: there are changes to make. */
  wouldChange: 3,
  /** doctor found a failed check. */
  findings: 4,
  /** Ctrl-C stopped the command before it finished. */
  stopped: 5,
  /** dlq replay: a message became a dead letter again. */
  failedAgain: 6,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An expected failure: printed as its message and the next step, without a stack trace. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly next: string;

  constructor(message: string, next: string, options?: ErrorOptions) {
    super(message, options);
    this.next = next;
  }
}

/** The host whose name this machine could not resolve. Undefined if the error has another cause. */
export function unresolvedHost(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && 'hostname' in error && dnsErrors.includes(String(error.code))) {
    return String(error.hostname);
  }
  return unresolvedHost(error.cause);
}

/** The failure of a command that needs hosts whose names this machine cannot resolve. */
export function dnsFailure(hosts: readonly string[], cause: unknown): Failure {
  return new Failure(
    `This machine cannot resolve ${hosts.join(' and ')}.`,
    'Check the network, the VPN and the DNS of this machine.',
    { cause },
  );
}

/**
 * Checks that this machine has DNS. Without DNS, every check would fail for the same reason.
 * @throws Failure if it resolves none of two or more names
 */
export async function requireDns(urls: readonly string[]): Promise<void> {
  const hosts = [...new Set(urls.map((url) => new URL(url).hostname))];
  const names = hosts.filter((host) => isIP(host) === 0 && host !== 'localhost');
  const results = await Promise.allSettled(names.map((name) => lookup(name)));
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  const failedNames = errors.filter((error) => unresolvedHost(error) !== undefined);
  if (names.length > 1 && failedNames.length === names.length) throw dnsFailure(names, errors[0]);
}

/** Source: https://nodejs.org/docs/latest-v24.x/api/dns.html#error-codes */
const dnsErrors: readonly string[] = ['ENOTFOUND', 'EAI_AGAIN'];
