import * as z from 'zod';
import { jsonText } from '../../shared/runtime/json-text.ts';
import { Sources } from '../crm-change/source-config.ts';

/** What the function reads from its environment. */
export const TaskEventEnvironment = z.object({
  /** The sources whose tickets a Task may name. */
  SOURCES: jsonText(Sources),
  QUEUE_URL: z.url(),
  /** Name of the secret that holds Twilio's Auth Token, or a JSON array of such while one is rotated. */
  AUTH_TOKEN_SECRET: z.string().min(1),
  /** Events of another account or Workspace are not ours. */
  ACCOUNT_SID: z.string().regex(/^AC[0-9a-fA-F]{32}$/),
  WORKSPACE_SID: z.string().regex(/^WS[0-9a-fA-F]{32}$/),
  /** Where Twilio sends events to, where API Gateway cannot tell: behind a proxy, or a base path. */
  PUBLIC_URL: z
    .url()
    .refine((url) => !/[?#]/.test(url), 'must hold neither a query nor a fragment')
    .optional(),
});
