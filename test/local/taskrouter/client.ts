import twilio from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient.js';
import { onTestFinished } from 'vitest';
import {
  type EmulatorOptions,
  startTaskRouterEmulator,
  type TaskRouterEmulator,
} from '../../../local/taskrouter/emulator.ts';
import type { Stats } from '../../../local/taskrouter/state.ts';

export const account = {
  accountSid: `AC${'a'.repeat(32)}`,
  apiKey: `SK${'b'.repeat(32)}`,
  apiSecret: 'secret of the key',
  workspaceSid: `WS${'c'.repeat(32)}`,
};

/** An emulator that stops with the test. */
export const startEmulator = async (
  options: Partial<EmulatorOptions> = {},
): Promise<TaskRouterEmulator> => {
  const emulator = await startTaskRouterEmulator({ ...account, ...options });
  onTestFinished(() => emulator.close());
  return emulator;
};

/** Twilio's own client, sent to the emulator. */
class EmulatorRequestClient extends twilio.RequestClient {
  readonly #url: string;

  constructor(url: string, timeout: number) {
    super({ timeout });
    this.#url = url;
  }

  override request<Data>(options: RequestClient.RequestOptions<Data>) {
    const uri = options.uri.replace(/^https:\/\/(taskrouter|events)\.twilio\.com/, this.#url);
    return super.request<Data>({ ...options, uri });
  }
}

const clientOf = ({ url }: TaskRouterEmulator, timeoutMs: number) =>
  twilio(account.apiKey, account.apiSecret, {
    accountSid: account.accountSid,
    httpClient: new EmulatorRequestClient(url, timeoutMs),
  });

/** The Workspace as the SDK shows it. */
export const workspaceOf = (emulator: TaskRouterEmulator, timeoutMs = 5000) =>
  clientOf(emulator, timeoutMs).taskrouter.v1.workspaces(account.workspaceSid);

/** Event Streams as the SDK shows it. */
export const eventStreamsOf = (emulator: TaskRouterEmulator) => clientOf(emulator, 5000).events.v1;

const basic = (user: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

export interface TwilioRequest {
  method?: string;
  /** Below the Workspace, e.g. `/Tasks`. */
  path: string;
  form?: Record<string, string>;
  ifMatch?: string;
  as?: [user: string, password: string];
  workspaceSid?: string;
  timeoutMs?: number;
}

/** One request of Twilio's API, bare. */
export const twilioRequest = (
  { url }: TaskRouterEmulator,
  {
    path,
    form,
    ifMatch,
    method = form === undefined ? 'GET' : 'POST',
    as = [account.apiKey, account.apiSecret],
    workspaceSid = account.workspaceSid,
    timeoutMs = 5000,
  }: TwilioRequest,
): Promise<Response> =>
  fetch(`${url}/v1/Workspaces/${workspaceSid}${path}`, {
    method,
    headers: { ...basic(...as), ...(ifMatch !== undefined && { 'If-Match': ifMatch }) },
    ...(form !== undefined && { body: new URLSearchParams(form) }),
    signal: AbortSignal.timeout(timeoutMs),
  });

/** One request of the controls; a body is sent as JSON. */
export const adminRequest = (
  { url }: TaskRouterEmulator,
  method: 'GET' | 'PUT' | 'POST',
  path: string,
  body?: unknown,
): Promise<Response> =>
  fetch(`${url}/_emulator${path}`, {
    method,
    ...(body !== undefined && {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    }),
  });

/** The JSON that a request is answered with; fails if its status is an error. */
export const jsonOf = async (request: Promise<Response>): Promise<unknown> => {
  const answer = await request;
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};

export const statsOf = async (emulator: TaskRouterEmulator) =>
  (await jsonOf(adminRequest(emulator, 'GET', '/stats'))) as Stats & { tasks: number };

/** Offers a Task to a worker and gives the SID of the reservation. */
export const offerTask = async (
  emulator: TaskRouterEmulator,
  taskSid: string,
  workerName = 'ada',
): Promise<string> => {
  const path = `/Tasks/${taskSid}/Reservations`;
  const offered = await jsonOf(adminRequest(emulator, 'POST', path, { workerName }));
  return (offered as { sid: string }).sid;
};

/** Offers a Task to a worker, who accepts it, and gives the SID of the reservation. */
export const acceptTask = async (
  emulator: TaskRouterEmulator,
  taskSid: string,
  workerName = 'ada',
): Promise<string> => {
  const reservation = await offerTask(emulator, taskSid, workerName);
  const path = `/Tasks/${taskSid}/Reservations/${reservation}`;
  await jsonOf(twilioRequest(emulator, { path, form: { ReservationStatus: 'accepted' } }));
  return reservation;
};
