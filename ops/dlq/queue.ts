import type { Message as Received } from '@aws-sdk/client-sqs';
import type { QueueName as SyncQueueName } from '../../shared/config/limits.ts';
import type { DeadLetterReason } from '../../shared/sync/types.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type DeadLetter, type EventReason, readDeadLetter, readEvent } from './dead-letter.ts';

/** The queues that the commands work on, by the value of `--queue`. */
export const queueNames = ['dead-letters', 'events', 'changes', 'lookups'] as const;

export type QueueName = (typeof queueNames)[number];

/** A queue that a command works on, and its names in texts. */
export interface DlqQueue {
  name: QueueName;
  url: string;
  /** The title, e.g. `Dead letters`. */
  title: string;
  one: string;
  many: string;
  /** The reasons that its messages may have. Empty if they have none. */
  reasons: readonly string[];
  /** Parses a received message. Never throws. */
  read: (received: Received) => DeadLetter;
}

/** The queue of a deployment by its name. */
export function queueOf(deployment: Deployment, name: QueueName): DlqQueue {
  const { deadLetterQueueUrl, eventDeadLetterQueueUrl, queueUrls } = deployment;
  switch (name) {
    case 'dead-letters':
      return {
        name,
        url: deadLetterQueueUrl,
        title: 'Dead letters',
        one: 'dead letter',
        many: 'dead letters',
        reasons: Object.keys(deadLetterDescriptions),
        read: readDeadLetter,
      };
    case 'events':
      return {
        name,
        url: eventDeadLetterQueueUrl,
        title: 'Event dead letters',
        one: 'event dead letter',
        many: 'event dead letters',
        reasons: Object.keys(eventDescriptions),
        read: readEvent,
      };
    case 'changes':
    case 'lookups':
      return {
        name,
        url: queueUrls[name],
        title: `Queue of ${name}`,
        one: 'message',
        many: 'messages',
        reasons: [],
        read: (received) => ({ ...readDeadLetter(received), reason: 'in the queue' }),
      };
  }
}

/** Whether sync receives from a queue. */
export function isOfSync(name: QueueName): name is SyncQueueName {
  return name === 'changes' || name === 'lookups';
}

/** The description of a reason. Undefined if this version does not know the reason. */
export function describeReason(reason: string): string | undefined {
  return new Map(Object.entries({ ...deadLetterDescriptions, ...eventDescriptions })).get(reason);
}

/** What happened, and what to do. docs/runbook.md has the details. */
const deadLetterDescriptions: Readonly<Record<DeadLetterReason, string>> = {
  'taskrouter-unavailable':
    'TaskRouter was unavailable for 6.5 hours: replay when it answers again',
  'taskrouter-invalid-response':
    'TaskRouter sent invalid responses for 6.5 hours: run dlq show and doctor, then replay',
  unauthorized: 'Twilio rejected the API key for 6.5 hours: renew the key, then replay',
  crashed: 'sync threw an unexpected error: update crm-media-sync, then replay',
  'sync-did-not-finish':
    'sync crashed or timed out at each of its last tries: read the sync log, then replay',
  'attributes-full':
    'the attributes of its Task are full: free space in them, then replay before the conversation ends',
  'attributes-unreadable':
    'the attributes of its Task are not a JSON object: repair them, then replay',
  'twilio-bad-request': 'Twilio answered 4xx: run dlq show',
  'invalid-message': 'this is not one of our messages: purge it',
};

const eventDescriptions: Readonly<Record<EventReason, string>> = {
  'crm-change-failed': 'crm-change failed on it three times: run dlq show, then replay',
  'not-delivered': 'EventBridge could not invoke crm-change for 24 hours: run doctor, then replay',
};
