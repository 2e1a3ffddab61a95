import { subscribe } from 'node:diagnostics_channel';
import * as z from 'zod';

/**
 * Loaded first (`--import`) in the sync of the isolation bench: reading the Task `KILLS_THE_SYNC` ends the process
 * at once, as running out of memory does.
 */
const Started = z.object({ request: z.looseObject({ path: z.string() }) });

subscribe('http.client.request.start', (message) => {
  const { path } = Started.parse(message).request;
  if (path.includes(String(process.env['KILLS_THE_SYNC']))) process.kill(process.pid, 'SIGKILL');
});
