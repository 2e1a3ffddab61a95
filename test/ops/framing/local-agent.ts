import { readFileSync } from 'node:fs';
import type { AgentOptions } from 'node:https';
import { isIPv6, type LookupFunction } from 'node:net';
import { RequestFilteringHttpsAgent } from 'request-filtering-agent';

export const certificate = readFileSync(`${import.meta.dirname}/fixtures/certificate.pem`);

const here = '127.0.0.1';

/** A lookup that resolves every name to these addresses. */
export const answering =
  (...addresses: readonly string[]): LookupFunction =>
  (_name, { all }, callback) => {
    const found = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
    const [first] = found;
    setImmediate(() => {
      if (all === true || first === undefined) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };

type Connecting = RequestFilteringHttpsAgent['createConnection'];

/**
 * The agent of doctor, which records every address that it connects to. It never connects to
 * another machine.
 */
export class WatchedAgent extends RequestFilteringHttpsAgent {
  readonly attempts: string[] = [];

  constructor(options: AgentOptions & { readonly allowIPAddressList?: string[] }) {
    super({ ca: certificate, lookup: answering(here), ...options });
  }

  override createConnection(...details: Parameters<Connecting>): ReturnType<Connecting> {
    const socket = super.createConnection(...details);
    socket.on('lookup', (_error, address: string | undefined) => {
      if (address !== undefined && address !== here) socket.destroy(new Error('left this machine'));
    });
    socket.on('connectionAttempt', (address: string) => this.attempts.push(address));
    return socket;
  }
}
