import * as z from 'zod';
import { Sources } from '../../shared/config/source.ts';
import { json } from '../../shared/runtime/environment.ts';

/** What the function reads from its environment. */
export const CrmChangeEnvironment = z.object({
  SOURCES: json(Sources),
  QUEUE_URL: z.url(),
});
