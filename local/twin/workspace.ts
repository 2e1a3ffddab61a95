import { stableSid } from './sids.ts';

/** What a Workspace holds of itself. */
export interface StoredWorkspace {
  readonly accountSid: string;
  readonly sid: string;
  readonly createdAt: number;
  updatedAt: number;
  friendlyName: string;
  /** Empty: events are not called back. */
  eventCallbackUrl: string;
  /** Names of events, joined by commas; null or empty: all of them. */
  eventsFilter: string | null;
  multiTaskEnabled: boolean;
  prioritizeQueueOrder: 'FIFO' | 'LIFO';
  defaultActivitySid: string;
  timeoutActivitySid: string;
}

const activityName = 'Offline';
const activitySid = stableSid('WA', activityName);

export const activityNameOf = (sid: string): string | null =>
  sid === activitySid ? activityName : null;

/** A Workspace as Flex makes it. */
export const newWorkspace = (
  accountSid: string,
  sid: string,
  createdAt: number,
): StoredWorkspace => ({
  accountSid,
  sid,
  createdAt,
  updatedAt: createdAt,
  friendlyName: 'Flex Task Assignment',
  eventCallbackUrl: '',
  eventsFilter: null,
  multiTaskEnabled: true,
  prioritizeQueueOrder: 'FIFO',
  defaultActivitySid: activitySid,
  timeoutActivitySid: activitySid,
});

/** Whether the Workspace calls back for an event of this type. */
export const callsBackFor = (
  { eventCallbackUrl, eventsFilter }: StoredWorkspace,
  type: string,
): boolean => {
  if (eventCallbackUrl === '') return false;
  const wanted = (eventsFilter ?? '').split(',').map((name) => name.trim());
  return wanted.includes(type) || wanted.every((name) => name === '');
};
