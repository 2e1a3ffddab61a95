import * as z from 'zod';
import { jsonText } from '../../shared/runtime/json-text.ts';
import { Sources } from './source-config.ts';

/** What the function reads from its environment. */
export const CrmChangeEnvironment = z.object({
  SOURCES: jsonText(Sources),
  QUEUE_URL: z.url(),
});
