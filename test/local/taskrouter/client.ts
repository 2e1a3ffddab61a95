import twilio from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient.js';
import { afterEach } from 'vitest';
import {
  type EmulatorOptions,
  startTaskRouterEmulator,
  type TaskRouterEmulator,
} from '../../../local/taskrouter/emulator.ts';

export const account = {
  accountSid: `AC${'a'.repeat(32)}`,
  apiKey: `SK${'b'.repeat(32)}`,
  apiSecret: 'secret of the key',
  workspaceSid: `WS${'c'.repeat(32)}`,
};

const running: TaskRouterEmulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((emulator) => emulator.close()));
});

/** An emulator that stops with the test. */
export const startEmulator = async (
  options: Partial<EmulatorOptions> = {},
): Promise<TaskRouterEmulator> => {
  const emulator = await startTaskRouterEmulator({ ...account, ...options });
  running.push(emulator);
  return emulator;
};

/** Twilio's client, directed to the emulator. */
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

/** One request to Twilio's API. */
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

/** One request to the admin API; a body is sent as JSON. */
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

/** Offers a Task to a worker. @returns the SID of the reservation */
export const offerTask = async (
  emulator: TaskRouterEmulator,
  taskSid: string,
  workerName = 'ada',
): Promise<string> => {
  const answer = await adminRequest(emulator, 'POST', `/Tasks/${taskSid}/Reservations`, {
    workerName,
  });
  const { sid } = (await answer.json()) as { sid: string };
  return sid;
};
