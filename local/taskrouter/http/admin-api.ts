import { Hono } from 'hono';
import * as z from 'zod';
import { SettingsChange } from '../settings.ts';
import type { EmulatorState } from '../state.ts';
import { IllegalTransition, isFinished } from '../tasks/lifecycle.ts';
import { reservationToJson } from '../tasks/task-json.ts';
import type { StoredTask } from '../tasks/types.ts';

class AdminApiError extends Error {
  override readonly name = 'AdminApiError';
  readonly status: 400 | 404;

  constructor(status: 400 | 404, message: string) {
    super(message);
    this.status = status;
  }
}

const WorkerName = z.string({ error: 'must be the name of a worker' }).min(1, 'must not be empty');

const OfferRequest = z.strictObject(
  { workerName: WorkerName },
  { error: 'must be {"workerName": "..."} and nothing else' },
);

/** Twilio's default is WARM. */
const TransferRequest = z.strictObject(
  {
    workerName: WorkerName,
    mode: z.enum(['COLD', 'WARM'], 'must be COLD or WARM').default('WARM'),
  },
  { error: 'must be {"workerName": "...", "mode": "COLD" or "WARM"} and nothing else' },
);

/**
 * The admin API of the emulator, under `/_emulator`. It needs no password. Its calls are not counted and get no
 * faults. An error is `{ "error": "…" }`: it names the wrong field and the values that are allowed.
 */
export function adminApi(state: EmulatorState): Hono {
  const app = new Hono();

  app.onError((error, c) => {
    if (error instanceof AdminApiError) return c.json({ error: error.message }, error.status);
    if (error instanceof IllegalTransition) return c.json({ error: error.message }, 400);
    throw error;
  });

  const findOpenTask = (sid: string): StoredTask => {
    const task = state.store.find(sid);
    if (task !== undefined && !isFinished(task.status)) return task;
    throw new AdminApiError(404, 'The Task does not exist or is finished. Create a Task first');
  };

  app.post('/Tasks/:TaskSid/Reservations', async (c) => {
    const { workerName } = await parseJsonRequest(OfferRequest, c.req.raw);
    const task = findOpenTask(c.req.param('TaskSid'));
    const reservation = state.store.offer(task, workerName);
    return c.json(reservationToJson(reservation, task, state.workspace), 201);
  });
  app.post('/Tasks/:TaskSid/Transfers', async (c) => {
    const { workerName, mode } = await parseJsonRequest(TransferRequest, c.req.raw);
    const task = findOpenTask(c.req.param('TaskSid'));
    const reservation = state.store.transfer(task, workerName, mode);
    return c.json(reservationToJson(reservation, task, state.workspace), 201);
  });

  app.get('/settings', (c) => c.json(state.settings));
  app.put('/settings', async (c) => {
    state.change(await parseJsonRequest(SettingsChange, c.req.raw));
    return c.json(state.settings);
  });

  app.get('/stats', (c) => c.json({ ...state.stats, tasks: state.store.list().length }));
  app.post('/reset', (c) => {
    state.reset();
    return c.body(null, 204);
  });

  return app;
}

async function parseJsonRequest<Schema extends z.ZodType>(
  schema: Schema,
  request: Request,
): Promise<z.output<Schema>> {
  const body: unknown = await request.json().catch(() => {
    throw new AdminApiError(400, 'The body is not JSON');
  });
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    [path.join('.'), message].filter((part) => part !== '').join(': '),
  );
  throw new AdminApiError(400, problems.join('; '));
}
