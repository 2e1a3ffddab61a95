import * as z from 'zod';
import { Sources } from '../../shared/config/source.ts';
import { jsonText } from '../../shared/runtime/json-text.ts';

/** What the function reads from its environment. */
export const CrmChangeEnvironment = z.object({
  SOURCES: jsonText(Sources),
  QUEUE_URL: z.url(),
});
