import { stableSid } from '../sids.ts';

export interface StoredWorkspace {
  accountSid: string;
  sid: string;
  createdAt: number;
  updatedAt: number;
  friendlyName: string;
  /** Empty: there are no event callbacks. */
  eventCallbackUrl: string;
  /** Names of events, joined by commas; null or empty: all of them. */
  eventsFilter: string | null;
  multiTaskEnabled: boolean;
  prioritizeQueueOrder: 'FIFO' | 'LIFO';
  defaultActivitySid: string;
  timeoutActivitySid: string;
}

const defaultActivityName = 'Offline';

const defaultActivitySid = stableSid('WA', defaultActivityName);

export function activityNameOf(sid: string): string | null {
  return sid === defaultActivitySid ? defaultActivityName : null;
}

/** A new Workspace, as Flex creates it. */
export function newWorkspace(accountSid: string, sid: string, createdAt: number): StoredWorkspace {
  return {
    accountSid,
    sid,
    createdAt,
    updatedAt: createdAt,
    friendlyName: 'Flex Task Assignment',
    eventCallbackUrl: '',
    eventsFilter: null,
    multiTaskEnabled: true,
    prioritizeQueueOrder: 'FIFO',
    defaultActivitySid,
    timeoutActivitySid: defaultActivitySid,
  };
}

/** Whether the Workspace calls back for an event of this type. */
export function sendsCallbackFor(
  { eventCallbackUrl, eventsFilter }: StoredWorkspace,
  type: string,
): boolean {
  if (eventCallbackUrl === '') return false;
  const selected = (eventsFilter ?? '').split(',').map((name) => name.trim());
  return selected.includes(type) || selected.every((name) => name === '');
}
