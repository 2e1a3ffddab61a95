import type { Input } from '@pulumi/pulumi';
import { functionEntries } from '../bundle/function-entries.ts';
import type { EventDeadLetterQueue } from '../components/event-dead-letters.ts';
import { type CommonFunctionArgs, NodeFunction } from '../components/node-function.ts';
import type { RedrivableQueue } from '../components/redrivable-queue.ts';
import type { StoredSecret } from '../components/stored-secret.ts';
import { mayRead, maySend } from '../policies/permissions.ts';

export interface CrmChangeArgs {
  readonly common: CommonFunctionArgs;
  /** The sources as the function reads them: JSON. */
  readonly sources: Input<string>;
  readonly signingSecrets: readonly StoredSecret[];
  readonly changes: RedrivableQueue;
  readonly eventDeadLetters: EventDeadLetterQueue;
  readonly reservedConcurrency: number | undefined;
}

/** Takes webhooks and events of CRMs in and puts the ticket changes on the queue. */
export const crmChangeFunction = (name: string, args: CrmChangeArgs): NodeFunction =>
  new NodeFunction(name, {
    common: args.common,
    entry: functionEntries.crmChange,
    service: 'crm-change',
    description: 'Checks the webhooks of the CRMs and queues the ticket changes',
    permissions: [...maySend(args.changes), ...mayRead(args.signingSecrets)],
    environment: { SOURCES: args.sources, QUEUE_URL: args.changes.url },
    timeoutSeconds: 10,
    memoryMegabytes: 512,
    reservedConcurrency: args.reservedConcurrency,
    deadLetterQueue: args.eventDeadLetters,
  });
