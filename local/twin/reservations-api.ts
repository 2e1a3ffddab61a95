import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { door, type TwinEnv } from './door.ts';
import { parseParameters, readForm, sidText } from './form.ts';
import { ifMatch } from './if-match.ts';
import { reservationStatuses } from './life-cycle.ts';
import { cutPage, parsePageQuery, printMeta } from './paging.ts';
import type { TwinState } from './state.ts';
import type { StoredReservation, StoredTask } from './stored.ts';
import { printReservation, versionHeaders } from './task-json.ts';
import { notFound, preconditionFailed } from './twilio-errors.ts';

const Status = z.enum(reservationStatuses, `must be of ${reservationStatuses.join(', ')}`);

/**
 * Parameters of a list, but for those of paging.
 * Source: https://www.twilio.com/docs/taskrouter/api/reservations
 */
export const ReservationQuery = z.object({
  ReservationStatus: Status.optional(),
  WorkerSid: sidText('WK').optional(),
});

/** Body of an update: its status alone. The twin places no calls, so it knows no instructions. */
export const ReservationForm = z.object({ ReservationStatus: Status });

const list = '/v1/Workspaces/:WorkspaceSid/Tasks/:TaskSid/Reservations';
const one = '/v1/Workspaces/:WorkspaceSid/Tasks/:TaskSid/Reservations/:Sid';

/** The reservations of a Task, as Twilio serves them. */
export const reservationsApi = (state: TwinState): Hono<TwinEnv> => {
  const { store } = state;
  const print = (reservation: StoredReservation, task: StoredTask) =>
    printReservation(reservation, task, state.workspace);
  const findTask = (c: Context<TwinEnv, typeof list>): StoredTask => {
    const task = store.find(c.req.param('TaskSid'));
    if (task === undefined) throw notFound(c.req.path);
    return task;
  };
  const find = (c: Context<TwinEnv, typeof one>) => {
    const task = findTask(c);
    const reservation = task.reservations.find(({ sid }) => sid === c.req.param('Sid'));
    if (reservation === undefined) throw notFound(c.req.path);
    return { task, reservation };
  };

  return new Hono<TwinEnv>()
    .get(
      list,
      door(state, () => 'listReservations'),
      (c) => {
        const task = findTask(c);
        const { searchParams } = new URL(c.req.url);
        const query = parsePageQuery(searchParams);
        const { ReservationStatus, WorkerSid } = parseParameters(ReservationQuery, searchParams);
        const wanted = task.reservations.filter(
          ({ status, workerSid }) =>
            (ReservationStatus ?? status) === status && (WorkerSid ?? workerSid) === workerSid,
        );
        const page = cutPage(wanted, ({ number }) => [number], query);
        const url = `${state.workspace.url}/Tasks/${task.sid}/Reservations`;
        return c.json({
          reservations: page.items.map((reservation) => print(reservation, task)),
          meta: printMeta('reservations', url, searchParams, query, page),
        });
      },
    )
    .get(
      one,
      door(state, () => 'fetchReservation'),
      (c) => {
        const { task, reservation } = find(c);
        return c.json(print(reservation, task), 200, versionHeaders(reservation));
      },
    )
    .post(
      one,
      door(state, () => 'updateReservation'),
      async (c) => {
        const form = await readForm(c);
        const { task, reservation } = find(c);
        if (!ifMatch(c.req.header('If-Match'), reservation.version)) throw preconditionFailed();
        const { ReservationStatus } = parseParameters(ReservationForm, form);
        store.move(task, reservation, ReservationStatus);
        return c.json(print(reservation, task), 200, versionHeaders(reservation));
      },
    );
};
