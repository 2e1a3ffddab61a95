import type { Reservation } from '../taskrouter/task-router.ts';

/** Whether a reservation shows tickets: somebody accepted it, so Insights has a segment of it. */
export const isTarget = ({ status }: Pick<Reservation, 'status'>): boolean =>
  status === 'accepted' || status === 'wrapping' || status === 'completed';
