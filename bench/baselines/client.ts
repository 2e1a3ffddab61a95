import type { SQSRecord } from 'aws-lambda';
import twilio from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient.js';

/**
 * The fields of a change that a baseline uses. The media item is complete, because the comparison is not about
 * making it.
 */
export interface Change {
  ticket: string;
  version: string;
  link: { type: string; url: string; title?: string };
  correlation: { taskSid?: string; callSid?: string };
}

export function changeOf({ body }: Pick<SQSRecord, 'body'>): Change {
  return JSON.parse(body).change;
}

/** Twilio's own HTTP client with its default options. It sends the requests to the emulator. */
class EmulatorRequestClient extends twilio.RequestClient {
  override request<Data>(options: RequestClient.RequestOptions<Data>) {
    const uri = options.uri.replace('https://taskrouter.twilio.com', variable('TASKROUTER_URL'));
    return super.request<Data>({ ...options, uri });
  }
}

/** The Workspace client of the full twilio SDK. */
export function workspace() {
  const client = twilio(variable('TWILIO_API_KEY'), variable('TWILIO_API_SECRET'), {
    accountSid: variable('TWILIO_ACCOUNT_SID'),
    httpClient: new EmulatorRequestClient(),
  });
  return client.taskrouter.v1.workspaces(variable('WORKSPACE_SID'));
}

export type Workspace = ReturnType<typeof workspace>;

/**
 * The SIDs of the Tasks that a change belongs to.
 * @throws RestException, as the SDK does
 */
export async function taskSidsOf({ correlation }: Change, of: Workspace): Promise<string[]> {
  if (correlation.taskSid !== undefined) return [correlation.taskSid];
  const evaluateTaskAttributes = `call_sid == "${correlation.callSid}"`;
  const tasks = await of.tasks.list({ evaluateTaskAttributes, limit: 20 });
  return tasks.map(({ sid }) => sid);
}

export function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
