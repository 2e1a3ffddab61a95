import type { Random } from '../random.ts';
import type { Step } from './plan.ts';

/** The steps, and between them what is done to the pipeline itself. */
export const withTrouble = (
  steps: readonly Step[],
  events: number,
  random: Random,
): readonly Step[] => {
  const some = (count: number, draw: () => Step): readonly { at: number; step: Step }[] =>
    Array.from({ length: count }, () => ({
      at: random.between(Math.floor(steps.length * 0.05), Math.floor(steps.length * 0.85)),
      step: draw(),
    }));
  const few = Math.max(1, Math.round(Math.sqrt(events / 600)));
  const trouble = [
    ...some(Math.max(2, Math.round(2 * Math.sqrt(events / 100))), () => ({ does: 'kill' })),
    ...some(few, () => ({ does: 'outage', seconds: random.between(30, events < 1000 ? 60 : 240) })),
    ...some(few, () => ({ does: 'close door', seconds: random.between(15, 60) })),
    ...some(2 * few, () => ({ does: 'poison' })),
  ];
  const byPlace = Map.groupBy(trouble, ({ at }) => at);
  return steps.flatMap((step, index) => [
    step,
    ...(byPlace.get(index) ?? []).map((one) => one.step),
  ]);
};
