import type { Reservation } from '../../shared/taskrouter/task-router.ts';

/** Whether tickets are linked on a segment: somebody accepted it, as the rewrite has it. */
export const isTarget = ({ status }: Pick<Reservation, 'status'>): boolean =>
  status === 'accepted' || status === 'wrapping' || status === 'completed';
