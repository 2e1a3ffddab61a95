import type { Client } from 'twilio/lib/base/BaseTwilio.js';
import Domain from 'twilio/lib/base/Domain.js';
import Version from 'twilio/lib/base/Version.js';
import type V1 from 'twilio/lib/rest/taskrouter/V1.js';
import { TaskListInstance } from 'twilio/lib/rest/taskrouter/v1/workspace/task.js';
import type { HttpRequest, HttpResponse } from './http-client.ts';

/** Answers a request of the SDK, its body read as JSON. */
export type SdkRequestHandler = (
  request: HttpRequest,
) => Promise<Omit<HttpResponse, 'body'> & { readonly body: unknown }>;

/**
 * The Tasks of a Workspace as the twilio SDK has them, asking by `answering`.
 *
 * Of the SDK this is the Task resource alone, a fifth of its TaskRouter domain; the whole SDK would be
 * ten times the function, and its own client brings axios and loses the headers of an error. The SDK
 * declares that its parts want the whole client and the whole domain: all they use is `request`.
 */
export const twilioTasks = (
  handleRequest: SdkRequestHandler,
  workspaceSid: string,
): TaskListInstance => {
  const client = { request: handleRequest } as Pick<Client, never> as Client;
  const domain = new Domain.default(client, 'https://taskrouter.twilio.com');
  return TaskListInstance(new Version.default(domain, 'v1') as V1.default, workspaceSid);
};
